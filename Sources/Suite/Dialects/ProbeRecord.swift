/// What a probe recorded, raw, and the dialect that follows from it.

import Bytes

package struct ProbeRecord: Sendable, Equatable {
    package var sender = "alice"
    package var receiver = "bob"
    /// Words that no server uses by itself.
    package static let subjects = ["Quilt: zebra, jam", "Violet; quiz fjord"].map { Array($0.utf8) }
    package static let body = Array("Odd first line\n\nOdd last line".utf8)

    package var greeting: [UInt8] = []
    package var wrongLogin: [UInt8] = []
    /// LIST of somebody who has not logged in.
    package var stranger: [UInt8] = []
    /// A LOGIN of somebody who has logged in.
    package var secondLogin: [UInt8] = []
    /// Further wrong LOGINs of one address, up to a ban and one more.
    package var refusals: [[UInt8]] = []
    package var login: [UInt8] = []
    package var send: [UInt8] = []
    package var emptyList: [UInt8] = []
    /// With both messages.
    package var list: [UInt8] = []
    /// Of the message with the first subject.
    package var read: [UInt8] = []
    package var missing: [UInt8] = []
    package var quit: [UInt8] = []

    package init() {}

    package var dialect: Dialect {
        var dialect = Dialect()
        dialect.greeting = greeting
        if let list = listLayout { dialect.list = list }
        dialect.list.refusesEmpty = ReplyTranslator.status(emptyList[...]) == Array("ERR".utf8)
        if let read = readLayout { dialect.read = read }
        for reply in [wrongLogin, stranger, secondLogin, missing] + refusals {
            guard let text = ProbeRecord.afterERR(reply), !dialect.afterERR.contains(text) else { continue }
            dialect.afterERR.append(text)
        }
        return dialect
    }

    /// One line of prose that follows a bare ERR; more than one may be answers to more than one command.
    private static func afterERR(_ reply: [UInt8]) -> Dialect.Sample? {
        let all = lines(of: reply)
        guard all.count == 2, all[0].elementsEqual(Array("ERR".utf8)), !all[1].isEmpty,
            ReplyTranslator.status(all[1]) == nil, all[1].allSatisfy({ $0 >= 32 && $0 < 127 })
        else { return nil }
        return Dialect.Sample(all[1])
    }

    /// What was heard, for people.
    package var lines: [String] {
        [
            ("connect", greeting), ("LIST before LOGIN", stranger), ("wrong LOGIN", wrongLogin), ("LOGIN", login),
            ("SEND", send),
            ("LIST, no mail", emptyList), ("LIST, two mails", list), ("READ", read), ("READ, none there", missing),
            ("QUIT", quit), ("LOGIN once more", refusals.last ?? []),
        ].map { name, bytes in
            let gap = String(repeating: " ", count: 18 - name.count)
            return "  \(name)\(gap)\(bytes.isEmpty ? "(no byte)" : Visible.line(bytes, limit: 400))"
        }
    }

    // MARK: LIST

    private var listLayout: Dialect.ListLayout? {
        let lines = ProbeRecord.lines(of: list)
        let places = ProbeRecord.subjects.compactMap { subject in
            lines.firstIndex { ProbeRecord.split($0, at: subject) != nil }
        }
        // Without both subjects, in lines that follow each other, it is no list that could be read.
        guard places.count == 2, abs(places[0] - places[1]) == 1, let first = places.min(),
            let entry = ProbeRecord.split(lines[places[0]], at: ProbeRecord.subjects[0]),
            let count = lines[..<first].lastIndex(where: { ProbeRecord.number(2, in: $0) != nil }),
            count == first - 1, let around = ProbeRecord.number(2, in: lines[count])
        else { return nil }
        var layout = Dialect.ListLayout()
        layout.linesBefore = count
        layout.count = around
        layout.entry = masked(entry)
        // Both lines must be read alike, or the decoration is none that can be told from the subject.
        guard layout.entry.value(in: lines[places[1]])?.elementsEqual(ProbeRecord.subjects[1]) ?? false else {
            return nil
        }
        layout.linesAfter = lines.count - first - 2
        let hasZero = ProbeRecord.lines(of: emptyList).contains { ProbeRecord.number(0, in: $0) != nil }
        layout.empty = hasZero ? emptyList : []
        return layout
    }

    /// What stands around a number that stands alone; nil: it does not occur.
    static func number(_ number: Int, in line: ArraySlice<UInt8>) -> Dialect.Decoration? {
        let digits = Array(String(number).utf8)
        var start = line.startIndex
        while let first = line[start...].firstIndex(where: \.isDigit) {
            let run = line[first...].prefix(while: \.isDigit)
            if run.elementsEqual(digits) {
                return Dialect.Decoration(
                    before: Dialect.Sample(line[..<first]), after: Dialect.Sample(line[run.endIndex...]))
            }
            start = run.endIndex
        }
        return nil
    }

    // MARK: READ

    private var readLayout: Dialect.ReadLayout? {
        guard let first = read.firstIndex(of: 10), let text = read.firstRange(of: ProbeRecord.body) else { return nil }
        let status = ReplyTranslator.status(read[..<first])
        var layout = Dialect.ReadLayout()
        layout.hasStatus = status == Array("OK".utf8)
        let top = layout.hasStatus ? first + 1 : 0
        let start = read[..<text.lowerBound].lastIndex(of: 10).map { $0 + 1 } ?? 0
        guard start >= top, layout.hasStatus || status == nil else { return nil }
        layout.header = ProbeRecord.lines(of: Array(read[top..<start].drop { $0 == 0 })).map(headerLine)
        layout.beforeBody = Dialect.Sample(read[start..<text.lowerBound])
        let after = Array(read[text.upperBound...])
        let dot = Array("\n.".utf8)
        let carriage = Array("\r\n.".utf8)
        let stop = after.starts(with: dot) ? dot.count : after.starts(with: carriage) ? carriage.count : 0
        // Trailing NULs are a fault of their own and no part of the layout.
        let rest = after[stop...].reversed().drop { $0 == 0 }.reversed()
        layout.hasFinalDot = stop > 0
        let afterDot = rest.drop { $0 == 13 }
        layout.dotEnd = afterDot.first == 10 ? Array(rest[...afterDot.startIndex]) : []
        layout.end = stop == 0 ? after : Array(afterDot.dropFirst(afterDot.first == 10 ? 1 : 0))
        return layout
    }

    /// Sender and receiver are told apart by their names, so a server that shows one alone is understood too.
    private func headerLine(_ line: ArraySlice<UInt8>) -> Dialect.ReadLayout.Line {
        if let around = ProbeRecord.split(line, at: ProbeRecord.subjects[0]) { return .field(.subject, around) }
        if let around = ProbeRecord.word(sender, in: line) { return .field(.sender, around) }
        if let around = ProbeRecord.word(receiver, in: line) { return .field(.receiver, around) }
        return .other
    }

    // MARK: Pieces

    static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.filter { $0 != 0 }[...].split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines.map { $0.last == 13 ? $0.dropLast() : $0 }
    }

    static func split(_ line: ArraySlice<UInt8>, at value: [UInt8]) -> Dialect.Decoration? {
        line.firstRange(of: value).map { range in
            Dialect.Decoration(
                before: Dialect.Sample(line[..<range.lowerBound]), after: Dialect.Sample(line[range.upperBound...]))
        }
    }

    static func word(_ name: String, in line: ArraySlice<UInt8>) -> Dialect.Decoration? {
        guard let around = split(line, at: Array(name.utf8)) else { return nil }
        let touches = around.before.bytes.last?.isNameByte ?? false || around.after.bytes.first?.isNameByte ?? false
        return touches ? nil : around
    }

    /// Names beside a subject differ from mail to mail.
    private func masked(_ around: Dialect.Decoration) -> Dialect.Decoration {
        func masked(_ sample: Dialect.Sample) -> Dialect.Sample {
            var bytes = sample.bytes
            for name in [sender, receiver] {
                if let around = ProbeRecord.word(name, in: bytes[...]) {
                    bytes = around.before.bytes + [Dialect.Sample.word] + around.after.bytes
                }
            }
            return Dialect.Sample(bytes)
        }
        return Dialect.Decoration(before: masked(around.before), after: masked(around.after))
    }
}
