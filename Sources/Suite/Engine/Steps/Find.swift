/// `do find`: the number by which READ knows a message, which each server chooses as it likes.

import Bytes
import Dialects
import Posix
import Results
import Transcript

extension Interpreter {
    /// Sends LIST, then READ with the numbers that LIST shows beside the subject, with the subject's places in it, and
    /// with 1, 2, 3, …, until READ shows the subject.
    func find(_ client: String, _ arguments: [Text], _ options: [NamedText]) throws(Stop) {
        guard arguments.count == 1, case .bytes(let subject) = try scope.value(arguments[0]) else {
            throw scope.fault("find wants one subject: do find lunch as=n")
        }
        var (name, most): (String?, Int) = (nil, 20)
        for option in options {
            switch option.key {
            case "as": name = try scope.string(option.value)
            case "max": most = try scope.number(option.value)
            default: throw scope.fault("'find' has no option '\(option.key)='")
            }
        }
        guard let name else { throw scope.fault("find wants a name for the number: as=n") }
        let connection = scope.frame.connection(client)
        if let unknown = wire.options.tolerance?.unknown.first(where: { $0.verb == .read }) {
            guard recorder.clause?.id == unknown.verb.clause else {
                throw .untested("fix \(unknown.verb.clause) first: \(unknown.sentence)")
            }
            throw .unmet(["a reply to READ that shows the mail's subject or its first line"], unknown.sentence)
        }
        guard let place = expectations.subjectPlace else {
            throw .untested("this server's READ shows no subject to find mail by")
        }
        var tried: Set<String> = []
        for number in try likely(subject, on: connection) + numbers(upTo: most) where tried.insert(number).inserted {
            try say("READ\n\(number)", on: connection)
            if try readsSubject(subject, at: place, on: connection) {
                scope.frame.names[name] = .bytes(Array(number.utf8))
                return
            }
        }
        throw .unmet(["a message with the subject \(Visible.line(subject))"], "none among the numbers 1 to \(most)")
    }

    private func say(_ command: String, on connection: Connection) throws(Stop) {
        try send(connection, .text(Text(pieces: [.literal(Array(command.utf8))])))
        try wire.releaseFlight()
    }

    /// The number of a mailbox's first mail is 1, or 0 where the probe has seen that.
    private var first: Int { wire.options.tolerance?.countsFromZero == true ? 0 : 1 }

    private func numbers(upTo most: Int) -> [String] { (first...max(most, 1)).map(String.init) }

    /// By what LIST shows. A LIST that cannot be read tells nothing; that is LIST-1's matter.
    private func likely(_ subject: [UInt8], on connection: Connection) throws(Stop) -> [String] {
        if wire.options.tolerance?.unknown.contains(where: { $0.verb == .list }) == true { return [] }
        try say("LIST", on: connection)
        guard let line = try nextLine(on: connection) else {
            throw .unmet(["a reply to LIST"], expectations.received(connection))
        }
        guard let count = Int(String(decoding: line, as: UTF8.self)), count >= 0 else {
            if line != Array("ERR".utf8) { _ = try wire.heard(on: connection) }
            return []
        }
        var places: [String] = []
        for place in 0..<count {
            guard let line = try nextLine(on: connection) else { break }
            if line == subject { places.append(String(first + place)) }
        }
        let shown = (connection.translator?.listed ?? []).filter { $0.subject == subject }.compactMap(\.number)
        return shown.map { String(decoding: $0, as: UTF8.self) } + places
    }

    /// Consumes a line, without its line feed; nil: none comes.
    private func nextLine(on connection: Connection) throws(Stop) -> [UInt8]? {
        let line = try wire.wait { () throws(Stop) -> [UInt8]? in
            connection.inbox.unread.firstIndex(of: 10).map { Array(connection.inbox.unread[..<$0]) }
                ?? (connection.inbox.hasEnded || connection.inbox.isFull ? [] : nil)
        }
        guard let line, connection.inbox.unread.count > line.count else { return nil }
        expectations.noteReceived(line.count + 1, connection)
        connection.inbox.consume(line.count + 1)
        try expectations.noteDeviations([connection])
        return line
    }

    /// Consumes one reply to READ: ERR, or OK, sender, receiver, subject and text up to the lone dot.
    private func readsSubject(_ subject: [UInt8], at place: Int, on connection: Connection) throws(Stop) -> Bool {
        var lines: [[UInt8]] = []
        while true {
            guard let line = try nextLine(on: connection) else {
                throw .unmet(["a reply to READ"], expectations.received(connection))
            }
            if lines.isEmpty && line == Array("ERR".utf8) { return false }
            if lines.isEmpty && line != Array("OK".utf8) { throw .unmet(["OK⏎", "ERR⏎"], Visible.line(line)) }
            lines.append(line)
            guard lines.count > place else { continue }
            if lines[place] == subject || wire.options.tolerance != nil {
                try skipText(on: connection)
                return lines[place] == subject
            }
            // Without a dialect READ may show its lines otherwise, which is READ-5's matter.
            let rest = try wire.heard(on: connection)
            return (lines.joined(separator: [10]) + [10] + rest).contains(subject)
        }
    }

    /// Consumes whole lines, however many have come, up to the lone dot.
    private func skipText(on connection: Connection) throws(Stop) {
        var isInsideLine = false
        while true {
            let skipped = try wire.wait { () throws(Stop) -> (length: Int, isLast: Bool)? in
                let unread = connection.inbox.unread
                var (start, isLast) = (unread.startIndex, false)
                while !isLast, let end = unread[start...].firstIndex(of: 10) {
                    let isBegun = isInsideLine && start == unread.startIndex
                    isLast = !isBegun && end == start + 1 && unread[start] == UInt8(ascii: ".")
                    start = end + 1
                }
                // A line may be longer than what is kept at once.
                if start == unread.startIndex, connection.inbox.isFull { return (unread.count, false) }
                if start > unread.startIndex { return (start - unread.startIndex, isLast) }
                return connection.inbox.hasEnded ? (0, false) : nil
            }
            guard let skipped, skipped.length > 0 else {
                // A missing dot is READ-5's matter.
                if case .rest? = wire.endOfWait { return }
                throw .unmet(["a reply to READ"], expectations.received(connection))
            }
            expectations.noteReceived(skipped.length, connection)
            isInsideLine = connection.inbox.unread.prefix(skipped.length).last != 10
            connection.inbox.consume(skipped.length)
            try expectations.noteDeviations([connection])
            if skipped.isLast { return }
        }
    }
}
