/// The layout of a server's READ, found by the subject and the first line of a text that may have come back damaged.

import Bytes

extension ProbeRecord {
    /// The mail that was sent is shown by LIST or READ.
    package var isMailFound: Bool { isMailListed || number != nil }

    /// Whether a reply to READ shows one of the mails.
    package static func isMail(_ reply: [UInt8]) -> Bool {
        ([firstLine] + subjects).contains { reply.firstRange(of: $0) != nil }
    }

    func learnMessage(_ dialect: inout Dialect) {
        if let layout = readLayout(dialect.phrases) { dialect.read = layout }
        if number == "0" { dialect.countsFromZero = true }
        if number == nil, isMailListed || !vainReads.isEmpty, !vainReads.isEmpty {
            let tried = vainReads.map { number, reply in
                "\(number): \(reply.isEmpty ? "no reply" : Visible.line(reply, limit: 60))"
            }
            if isMailListed {
                dialect.unknown.append(
                    Dialect.Unknown(
                        .read, "READ shows no message that the probe can find: \(tried.joined(separator: ", "))"))
            } else {
                dialect.remarks.append("the mails that the probe sent are neither listed nor read")
            }
        }
        if number != nil, self[.read].firstRange(of: ProbeRecord.body) == nil {
            let text = Visible.line(ProbeRecord.body)
            dialect.remarks.append("READ does not show the text \(text) as it was sent")
        }
        if ProbeRecord.isMail(self[.missing]) { dialect.remarks.append("READ shows a mail whatever the number is") }
        for (verb, question) in [(Verb.send, Question.send), (.delete, .delete)]
        where self[question].isEmpty && wasAsked(question) {
            dialect.unknown.append(Dialect.Unknown(verb, "\(verb.rawValue) gets no reply"))
        }
    }

    private func wasAsked(_ question: Question) -> Bool {
        endings.isEmpty && (question == .send ? !self[.login].isEmpty : number != nil && !self[.missing].isEmpty)
    }

    private func readLayout(_ phrases: [Dialect.Phrase]) -> Dialect.ReadLayout? {
        let read = self[.read]
        guard let first = read.firstIndex(of: 10), let (start, text, damaged) = place(in: read) else { return nil }
        let status = ReplyTranslator.status(read[..<first])
        var layout = Dialect.ReadLayout()
        let isYes = phrases.contains { phrase in
            phrase.meaning == .yes && (phrase.verb ?? .read) == .read
                && phrase.text.length(in: read[...]) == first + 1
        }
        layout.hasStatus = isYes || status == Array("OK".utf8)
        let top = layout.hasStatus ? first + 1 : 0
        guard start >= top, layout.hasStatus || status == nil else { return nil }
        layout.header = ProbeRecord.lines(of: Array(read[top..<start].drop { $0 == 0 })).map(headerLine)
        layout.beforeBody = Dialect.Sample(read[start..<text.lowerBound])
        end(&layout, Array(read[text.upperBound...]), damaged)
        return layout
    }

    /// Where the text's first line begins, and the text, as far as it is whole; nil: there is none.
    private func place(in read: [UInt8]) -> (line: Int, text: Range<Int>, isDamaged: Bool)? {
        if let line = read.firstRange(of: ProbeRecord.firstLine) {
            let start = read[..<line.lowerBound].lastIndex(of: 10).map { $0 + 1 } ?? 0
            let isWhole = read[line.lowerBound...].starts(with: ProbeRecord.body)
            let end = isWhole ? line.lowerBound + ProbeRecord.body.count : line.upperBound
            return (start, line.lowerBound..<end, !isWhole)
        }
        // The text is lost; the mail is known by its subject.
        guard let subject = ProbeRecord.subjects.lazy.compactMap({ read.firstRange(of: $0) }).first else { return nil }
        let end = read[subject.upperBound...].firstIndex(of: 10).map { $0 + 1 } ?? read.count
        return (end, end..<end, true)
    }

    private func end(_ layout: inout Dialect.ReadLayout, _ after: [UInt8], _ isDamaged: Bool) {
        // Trailing NULs are a fault of their own and no part of the layout.
        let rest = ProbeRecord.unpadded(after)
        if isDamaged {
            let isAtLineStart = layout.beforeBody.bytes.isEmpty && rest == after && rest.first == UInt8(ascii: ".")
            let ends = [".\n", ".\r\n", "."].map { Array($0.utf8) }
            for end in ends where rest.suffix(end.count).elementsEqual(end) {
                let before = rest.dropLast(end.count)
                guard before.last == 10 || (before.isEmpty && isAtLineStart && !hasFirstLine) else { continue }
                layout.dotEnd = Array(end.dropFirst())
                return
            }
            layout.hasFinalDot = false
            layout.end = Array(after.reversed().prefix { $0 == 10 || $0 == 13 || $0 == 0 }.reversed())
            return
        }
        let stops = ["\n.", "\r\n.", "\n\n."].map { Array($0.utf8) }
        guard let stop = stops.first(where: { rest.starts(with: $0) }) else {
            (layout.hasFinalDot, layout.end) = (false, after)
            return
        }
        layout.hasEmptyLineBeforeDot = stop.count == 3 && stop[0] == 10
        let afterDot = rest.dropFirst(stop.count).drop { $0 == 13 }
        layout.dotEnd = afterDot.first == 10 ? Array(rest[stop.count...afterDot.startIndex]) : []
        layout.end = Array(afterDot.dropFirst(afterDot.first == 10 ? 1 : 0))
    }

    private var hasFirstLine: Bool { self[.read].firstRange(of: ProbeRecord.firstLine) != nil }

    /// Sender and receiver are told apart by their names, so a server that shows one alone is understood too.
    private func headerLine(_ line: ArraySlice<UInt8>) -> Dialect.ReadLayout.Line {
        for subject in ProbeRecord.subjects {
            if let around = ProbeRecord.split(line, at: subject) { return .field(.subject, around) }
        }
        if let around = ProbeRecord.word(sender, in: line) { return .field(.sender, around) }
        if let around = ProbeRecord.word(receiver, in: line) { return .field(.receiver, around) }
        return .other
    }
}
