/// A dialect in words: what the probe found, and what it did not.

import Bytes

extension Dialect {
    /// One line each.
    package var summary: [String] {
        if !failedTries.isEmpty {
            return ["Not understood: no LOGIN gets an answer that tells a right password from a wrong one"]
                + failedTries.map { "  \($0)" }
        }
        let lines = speechLines + wordLines + listLines + readLines + remarks
        let unread = unknown.map(\.sentence)
        let known = lines.isEmpty ? ["Layout: as the sheet shows it"] : ["Dialect:"] + lines.map { "  \($0)" }
        return known + (unread.isEmpty ? [] : ["Not understood:"] + unread.map { "  \($0)" })
    }

    private var speechLines: [String] {
        var lines: [String] = []
        if speech != .flight || takes != Speech.stream {
            let others = takes.subtracting([speech]).map(\.rawValue).sorted()
            let also = others.isEmpty ? "no other cut" : "also in cuts by \(others.joined(separator: " and "))"
            lines.append("understands \(speech.title)" + (speech.isFraming ? "" : ", \(also)"))
        }
        for (verb, speech) in speechOf.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("understands \(verb.rawValue) only as \(speech.title)")
        }
        if !pipelines {
            lines.append("answers one command per write: of several in one the rest is lost or taken as text")
        }
        if case .block(let size) = replyFraming { lines.append("replies are blocks of \(size) bytes") }
        let named = Verb.allCases.filter(namesMailbox.contains).map(\.rawValue)
        if !named.isEmpty {
            lines.append("wants a line with the mailbox's name after: \(named.joined(separator: ", "))")
        }
        return lines
    }

    private var wordLines: [String] {
        var lines: [String] = []
        if !greeting.isEmpty { lines.append("speaks first: \(Visible.line(greeting))") }
        for phrase in phrases {
            if phrase.isBareWord {
                lines.append("says \(phrase.meaning.rawValue) without a line feed")
                continue
            }
            let said = Visible.line(Array(phrase.text.shown.utf8))
            let verb = phrase.verb.map { " to \($0.rawValue)" } ?? ""
            lines.append("says \(said) for \(phrase.meaning.rawValue)\(verb)")
        }
        if !refusalWord.isEmpty { lines.append("begins every refusal with \(Visible.line(refusalWord))") }
        return lines + afterERR.map { "ERR is followed by: \($0.shown)" }
    }

    private var listLines: [String] {
        if list.isBare { return [] }
        var parts: [String] = []
        func lines(_ count: Int) -> String { count == 1 ? "1 line" : "\(count) lines" }
        if list.linesBefore > 0 { parts.append("\(lines(list.linesBefore)) before the count") }
        if !list.count.isBare { parts.append("count as \(list.count.shown("n"))") }
        if !list.entry.isBare { parts.append("mail as \(list.entry.shown("subject"))") }
        if !list.showsSubjects { parts.append("lines without the subject") }
        if list.linesPerEntry > 1 { parts.append("\(lines(list.linesPerEntry)) for each mail") }
        if list.linesAfter > 0 { parts.append("\(lines(list.linesAfter)) after the subjects") }
        if list.refusesEmpty { parts.append("without mail ERR") }
        if parts.isEmpty { parts.append("without mail \(Visible.line(list.empty))") }
        return ["LIST: \(parts.joined(separator: ", "))"]
    }

    private var readLines: [String] {
        var lines: [String] = []
        if !read.hasStatus { lines.append("READ does not begin with OK") }
        if !read.isBare { lines.append("READ: \(Visible.line(Array(read.summary.utf8)))") }
        if read.hasEmptyLineBeforeDot { lines.append("READ shows an empty line of its own before the dot") }
        if !read.hasFinalDot { lines.append("READ ends without a dot: its end is where the server falls silent") }
        if countsFromZero { lines.append("the first mail has the number 0") }
        return lines
    }
}

extension Dialect.Decoration {
    func shown(_ name: String) -> String { "\(before.shown){\(name)}\(after.shown)" }
}

extension Dialect.ReadLayout {
    /// "From: {sender}⏎Subject: {subject}⏎", for people.
    package var summary: String {
        header.map { line in
            switch line {
            case .other: "(other text)\n"
            case .field(let field, let decoration):
                "\(decoration.before.shown){\(field.rawValue)}\(decoration.after.shown)\n"
            }
        }.joined() + beforeBody.shown + "{text}"
    }
}

extension Dialect.Sample {
    package var shown: String {
        bytes.map { $0 == Dialect.Sample.word ? "{name}" : String(UnicodeScalar($0)) }.joined()
    }
}
