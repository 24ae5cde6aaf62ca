/// `do`: macros of the dialect and of the transcript, and `find`.

import Bytes
import Posix
import Results
import Transcript

extension Interpreter {
    func call(_ name: String, _ client: String, _ arguments: [Text], _ options: [NamedText]) throws(Stop) {
        guard let macro = scope.macros[name] else {
            if name == "find" {
                finds = true
                defer { finds = false }
                return try judged { () throws(Stop) in try find(client, arguments, options) }
            }
            throw scope.fault("there is no macro '\(name)'")
        }
        guard arguments.count == macro.parameters.count else {
            throw scope.fault("'\(name)' takes \(macro.parameters.count) arguments, not \(arguments.count)")
        }
        var names: [String: Value] = [:]
        for (parameter, argument) in zip(macro.parameters, arguments) { names[parameter] = try scope.value(argument) }
        for option in options {
            guard macro.options.contains(where: { $0.key == option.key }) else {
                throw scope.fault("'\(name)' has no option '\(option.key)='")
            }
            names[option.key] = try scope.value(option.value)
        }
        let path = macro.path ?? String(lastPart(of: performance.transcript.path))
        let inner = Frame(
            names: names, current: scope.frame.connection(client), macro: (name, path, macro.given), run: scope.frame.run)
        scope.place.inside.append("\(path), in do \(name)")
        defer { scope.place.inside.removeLast() }
        try scope.inside(inner) { () throws(Stop) in
            for option in macro.options where inner.names[option.key] == nil {
                inner.names[option.key] = try scope.value(option.value)
            }
            try play(macro.body)
            guard !inner.connections.isEmpty else { return }
            try wire.releaseFlight()
            try expectations.close(inner)
        }
    }

    /// The number of the message with this subject. It reads 1, 2, 3, …, because each server numbers as it likes.
    private func find(_ client: String, _ arguments: [Text], _ options: [NamedText]) throws(Stop) {
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
        for number in 1...max(most, 1) {
            let digits = Array(String(number).utf8)
            let command = Text(pieces: [.literal(Array("READ\n".utf8) + digits)])
            try send(connection, .text(command))
            try wire.releaseFlight()
            if try readsSubject(subject, on: connection) {
                scope.frame.names[name] = .bytes(digits)
                return
            }
        }
        throw .unmet(["a message with the subject \(Visible.line(subject))"], "none among the numbers 1 to \(most)")
    }

    /// Consumes one reply to READ: ERR, or OK, sender, receiver, subject and text up to the lone dot.
    private func readsSubject(_ subject: [UInt8], on connection: Connection) throws(Stop) -> Bool {
        var lines: [[UInt8]] = []
        guard let place = expectations.subjectPlace else {
            throw .untested("this server's READ shows no subject to find mail by")
        }
        while true {
            let line = try wire.wait { () throws(Stop) -> [UInt8]? in
                connection.inbox.unread.firstIndex(of: 10).map { Array(connection.inbox.unread[..<$0]) }
                    ?? (connection.inbox.hasEnded || connection.inbox.isFull ? [] : nil)
            }
            guard let line, connection.inbox.unread.count > line.count else {
                throw .unmet(["a reply to READ"], expectations.received(connection))
            }
            expectations.noteReceived(line.count + 1, connection)
            connection.inbox.consume(line.count + 1)
            try expectations.noteDeviations([connection])
            if lines.isEmpty && line == Array("ERR".utf8) { return false }
            if lines.isEmpty && line != Array("OK".utf8) { throw .unmet(["OK⏎", "ERR⏎"], Visible.line(line)) }
            if line == [UInt8(ascii: ".")] && lines.count > place { return lines[place] == subject }
            if lines.count <= place { lines.append(line) }
        }
    }
}
