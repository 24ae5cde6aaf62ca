/// Fits transcripts to an attached server, which the suite did not start: its users, and what it can be asked.

import Bytes
import Dialects
import Posix
import Transcript
import World

enum AttachedServer {
    static let directoryReason = "an attached server asks a directory that is not the suite's"

    /// The reason why a step cannot be played; nil: it can.
    static func hides(_ action: WorldAction) -> String? {
        switch action {
        case .advance, .wall, .boot, .clock: "an attached server's clock cannot be moved"
        case .server: "an attached server is not the suite's to stop and start"
        case .directory, .binds, .bindsAnew: directoryReason
        case .killSession, .zombies, .measure(.rss, _, _): "an attached server's processes are not looked at"
        case .outsideUnchanged: "an attached server's disk is not looked at"
        case .measure, .later: nil
        }
    }

    /// The transcript with its users renamed to accounts of --users, or the reason why it is not played.
    static func adapted(_ transcript: Transcript, _ attachment: Attachment) -> (Transcript, String?) {
        let needs = transcript.header.needs.map(\.rawValue)
        if !needs.isEmpty {
            return (transcript, "not observable of an attached server: \(needs.joined(separator: ", "))")
        }
        guard let cast = attachment.cast(transcript.header.users) else {
            return (transcript, "--users names nobody to play \(transcript.header.users.joined(separator: ", "))")
        }
        guard let text = try? readFile(transcript.path, limit: 1 << 24) else {
            return (transcript, "its text cannot be read again")
        }
        if !attachment.isLocal, guesses(text) {
            return (transcript, "it guesses passwords, and there is one address to come from: it would be banned")
        }
        if cast.contains(where: { $0.key != $0.value }), cutsWords(text) {
            return (transcript, "it cuts its users' names apart; --users names others")
        }
        let renamed = renamed(text, cast)
        guard let adapted = try? Transcript.parse(renamed, path: transcript.path, as: .transcript) else {
            return (transcript, "its users' names do not fit into it")
        }
        return (adapted, nil)
    }

    private static func guesses(_ text: [UInt8]) -> Bool {
        ["refused", "wrong", "from=", "{other}", "{third}"].contains { text[...].firstRange(of: Array($0.utf8)) != nil }
    }

    /// Whether the text cuts a user's name in two, as "b\-" and "ob" do; such a name cannot be renamed.
    private static func cutsWords(_ text: [UInt8]) -> Bool {
        text.indices.dropLast(2).contains { index in
            text[index].isLetter && text[index + 1] == UInt8(ascii: "\\")
                && [UInt8(ascii: "-"), UInt8(ascii: "|")].contains(text[index + 2])
        }
    }

    /// Renames whole words only; a dot ends a word, as in {alice.password}.
    static func renamed(_ text: [UInt8], _ cast: [String: String]) -> [UInt8] {
        var (result, word): ([UInt8], [UInt8]) = ([], [])
        func endWord() {
            result += cast[String(decoding: word, as: UTF8.self)].map { Array($0.utf8) } ?? word
            word = []
        }
        for byte in text {
            if byte.isDigit || byte.isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") {
                word.append(byte)
            } else {
                endWord()
                result.append(byte)
            }
        }
        endWord()
        return result
    }
}

extension Wire {
    /// Empties the user's mailbox before a transcript, as --users announces.
    func emptyMailbox(of user: String) throws(Stop) {
        let connection = Connection(label: "before")
        defer { close(connection) }
        try open(connection, from: "")
        // Before the probe nobody knows whether the server speaks first.
        if options.tolerance == nil { _ = try heard(on: connection) }
        if connection.inbox.hasEnded { throw .unmet(["a connection"], "\(connection.inbox.end)") }
        let login = Array("LOGIN\n\(user)\n".utf8) + (world.passwords[user] ?? [])
        guard ReplyTranslator.status(try firstLine(of: login, on: connection)[...]) == Array("OK".utf8) else {
            throw .untested("\(user) is not let in before it begins: another password, or a ban from before")
        }
        if AttachedServer.count(in: try firstLine(of: Array("LIST".utf8), on: connection)) == 0 { return }
        _ = try heard(on: connection)
        for round in 0..<3 {
            let list = try ask("LIST", on: connection)
            guard let count = AttachedServer.count(in: list) else {
                throw .untested("LIST shows no count, so it is not known whether \(user)'s mailbox is empty")
            }
            if count == 0 { return }
            // After a DEL the numbers may stay or close up; some servers use ids that LIST does not show.
            for number in (1...(round == 0 ? count : count + 50)).reversed() {
                _ = try ask("DEL\n\(number)", on: connection)
            }
        }
        throw .untested("\(user)'s mailbox cannot be emptied")
    }

    private func firstLine(of command: [UInt8], on connection: Connection) throws(Stop) -> [UInt8] {
        try collect([.bytes(command + [10])], on: connection)
        try releaseFlight()
        let length = try wait { () throws(Stop) -> Int? in
            let unread = connection.inbox.unread
            if let end = unread.firstIndex(of: 10) { return end - unread.startIndex + 1 }
            return connection.inbox.hasEnded ? unread.count : nil
        }
        guard let length else { throw .unmet(["a reply"], "nothing") }
        let line = Array(connection.inbox.unread.prefix(length))
        connection.inbox.consume(length)
        return line
    }
}

extension AttachedServer {
    /// The first number in the reply.
    static func count(in reply: [UInt8]) -> Int? {
        let digits = reply.drop { !$0.isDigit }.prefix { $0.isDigit }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
