/// Mailboxes that are full before the server starts: as many links to a few files, and for the floor an index.

import Posix
import SystemPackage
import World

enum Mailboxes {
    /// A file may have 65,000 names on ext4.
    private static let kinds = 10

    static func subject(_ number: Int) -> String {
        let kind = number % kinds
        return "number \(kind) of ten subjects " + String(repeating: "x", count: kind * 4)
    }

    /// What LIST answers when a mailbox was filled with `count` mails.
    static func listing(_ count: Int) -> [UInt8] {
        Array("\(count)\n".utf8) + (1...count).flatMap { Array((subject($0) + "\n").utf8) }
    }

    /// Puts `count` mails of `sender` into the new mailbox of `user`.
    static func fill(_ user: String, with count: Int, from sender: String, spool: String, kind: Contender.Kind) throws {
        let box = spool + "/" + user
        try makeFolder(box)
        // Dovecot's are Maildirs: what has been seen lies in cur/.
        let messagesName = kind.isDovecot ? "/cur" : "/new"
        for name in kind.isDovecot ? ["/cur", "/new", "/tmp"] : ["/new"] { try makeFolder(box + name) }
        let text = mailText(1000)
        let files = (0..<kinds).map { number in
            kind.isDovecot
                ? Array("Subject: \(subject(number))\n\n".utf8) + text
                : Array("\(sender)\n\(user)\n\(subject(number))\n".utf8) + text + Array(".\n".utf8)
        }
        for (number, file) in files.enumerated() { try writeFile("\(box)/source\(number)", file) }
        let folder = try Posix.Directory.open(path: box)
        let messages = try Posix.Directory.open(path: box + messagesName)
        for number in 1...count {
            let source = number % kinds
            let size = files[source].count
            let name =
                kind.isFloor
                ? "\(number)"
                : kind.isDovecot ? "\(1_000_000_000 + number).M1.bench,S=\(size):2,S" : ourName(number, size: size)
            try folder.link("source\(source)", into: messages, as: name)
        }
        for number in 0..<kinds { try folder.unlink("source\(number)") }
        if kind.isFloor { try writeFile(box + "/index", floorIndex(count)) }
    }

    /// docs/SPOOL.md: `<sequence>.<random>,S=<size>`.
    private static func ourName(_ number: Int, size: Int) -> String {
        "\(padded(String(number), 10)).\(padded(String(number, radix: 16), 16)),S=\(size)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// As Benchmarks/floor.c has it: number, length, two fields of zero, the subject; at the end the last number.
    private static func floorIndex(_ count: Int) -> [UInt8] {
        func little(_ value: Int, _ bytes: Int) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        return (1...count).flatMap { number in
            let line = Array((subject(number) + "\n").utf8)
            return little(number, 8) + little(line.count, 2) + [0, 0, 0, 0, 0, 0] + line
        } + little(count, 8)
    }
}
