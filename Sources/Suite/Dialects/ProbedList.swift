/// The layout of a server's LIST: where the count stands, and what is around the subjects.

import Bytes

extension ProbeRecord {
    func learnList(_ dialect: inout Dialect) {
        let list = self[.list]
        if ProbeRecord.counts(list, 1) && !ProbeRecord.counts(list, 2) {
            dialect.remarks.append("of two mails sent one after the other LIST shows one")
        }
        if let layout = listLayout {
            dialect.list = layout
        } else if !list.isEmpty, !isMailListed, let layout = listWithoutSubjects {
            dialect.list = layout
            if layout.showsSubjects { return }
            dialect.remarks.append("LIST shows no subject: \(Visible.line(list, limit: 120))")
        } else if chosen != nil, !list.isEmpty || answersFollowed {
            let shown = list.isEmpty ? "no reply" : Visible.line(list, limit: 120)
            dialect.unknown.append(
                Dialect.Unknown(.list, "LIST shows no count and subjects that the probe can find: \(shown)"))
        }
        learnEmptyList(&dialect)
    }

    /// The probe got as far as LIST.
    private var answersFollowed: Bool { endings.isEmpty && !self[.loginOther].isEmpty }

    private func learnEmptyList(_ dialect: inout Dialect) {
        func hasZero(_ reply: [UInt8]) -> Bool {
            ProbeRecord.lines(of: reply).contains { ProbeRecord.number(0, in: $0) != nil }
        }
        // A stranger's SEND may have been carried out meanwhile.
        let empty =
            hasZero(self[.emptyList])
            ? self[.emptyList] : chosen.map(\.list).flatMap { hasZero($0) ? $0 : nil } ?? self[.emptyList]
        let refusals = dialect.phrases.filter { $0.meaning == .no && ($0.verb == nil || $0.verb == .list) }
        dialect.list.refusesEmpty =
            ReplyTranslator.status(empty[...]) == Array("ERR".utf8)
            || refusals.contains { $0.text.length(in: empty[...]) != nil }
            || (!dialect.refusalWord.isEmpty && empty.starts(with: dialect.refusalWord))
        if hasZero(empty) {
            if isMailListed { dialect.list.empty = empty }
        } else if isMailListed, !empty.isEmpty, let chosen, chosen.list == empty, empty != self[.list] {
            // Said to two users: the words of this server for no mail.
            dialect.list.empty = dialect.list.refusesEmpty ? [] : empty
        } else if isMailListed {
            dialect.list.empty = []
        }
    }

    /// LIST shows a subject that was sent.
    package var isMailListed: Bool {
        ProbeRecord.subjects.contains { self[.list].firstRange(of: $0) != nil }
    }

    private var listLayout: Dialect.ListLayout? {
        let lines = ProbeRecord.lines(of: self[.list])
        let found = ProbeRecord.subjects.compactMap { subject in
            lines.firstIndex { ProbeRecord.split($0, at: subject) != nil }.map { (subject: subject, line: $0) }
        }
        guard let first = found.map(\.line).min(), let last = found.map(\.line).max(),
            let entry = ProbeRecord.split(lines[found[0].line], at: found[0].subject),
            let count = lines[..<first].lastIndex(where: { ProbeRecord.number(found.count, in: $0) != nil }),
            let around = ProbeRecord.number(found.count, in: lines[count])
        else { return nil }
        var layout = Dialect.ListLayout()
        layout.linesBefore = count
        layout.count = around
        layout.entry = masked(entry)
        layout.linesPerEntry = found.count > 1 ? last - first : 1
        layout.subjectLine = first - count - 1
        // What stands between the count and the first subject belongs to that mail, or it is no list that could be read.
        guard layout.linesPerEntry > 0, layout.subjectLine < layout.linesPerEntry else { return nil }
        // Both lines must be read alike, or the decoration is none that can be told from the subject.
        for (subject, line) in found
        where !(layout.entry.value(in: lines[line])?.elementsEqual(subject) ?? false) { return nil }
        layout.linesAfter = lines.count - count - 1 - found.count * layout.linesPerEntry
        return layout.linesAfter < 0 ? nil : layout
    }

    /// A count, and as many lines, none of them with a subject; or a plain number of mails that were never stored.
    private var listWithoutSubjects: Dialect.ListLayout? {
        let lines = ProbeRecord.lines(of: self[.list])
        var layout = Dialect.ListLayout()
        for number in [2, 1] {
            guard let count = lines.firstIndex(where: { ProbeRecord.number(number, in: $0) != nil }),
                let around = ProbeRecord.number(number, in: lines[count]), lines.count - count - 1 >= number
            else { continue }
            (layout.linesBefore, layout.count, layout.showsSubjects) = (count, around, false)
            layout.linesAfter = lines.count - count - 1 - number
            return layout
        }
        // As it was without mail: nothing was stored, or it is another's list.
        return lines.first.map({ ProbeRecord.number(0, in: $0) != nil }) ?? false ? layout : nil
    }
}

extension ProbeRecord {
    /// Numbers by which READ may know a mail: those that LIST shows, then places, then 0.
    package var numbersToTry: [String] {
        var translator = ReplyTranslator(dialect)
        translator.sent(Array("LIST\n".utf8))
        _ = translator.receive(self[.list][...])
        _ = translator.rest()
        let shown = translator.listed.compactMap { $0.number.map { String(decoding: $0, as: UTF8.self) } }
        let places = ["1", "2", "3", "0"].filter { !shown.contains($0) }
        return shown + places
    }

    /// READ shows another mail than the one that LIST shows first.
    package var showsOtherThanFirst: Bool {
        let first = ProbeRecord.subjects.min {
            (self[.list].firstRange(of: $0)?.lowerBound ?? .max) < (self[.list].firstRange(of: $1)?.lowerBound ?? .max)
        }
        return first.map { self[.read].firstRange(of: $0) == nil } ?? false
    }

    /// Whether one of a reply's first two lines has this number.
    package static func counts(_ reply: [UInt8], _ count: Int) -> Bool {
        lines(of: reply).prefix(2).contains { number(count, in: $0) != nil }
    }
}
