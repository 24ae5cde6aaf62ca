/// Every text of up to six bytes out of those that framing and storing could trip over.

import MailCore
import Posix
import Spool
import Testing
import World

private let letters: [UInt8] = [0x0a, 0x2e, 0x0d, 0, 0xff, 0x61]

/// All texts of exactly so many letters.
private func texts(of length: Int, _ body: ([UInt8]) throws -> Void) rethrows {
    var text = [UInt8](repeating: letters[0], count: length)
    var digits = [Int](repeating: 0, count: length)
    while true {
        try body(text)
        guard let place = digits.firstIndex(where: { $0 < letters.count - 1 }) else { return }
        digits[place] += 1
        text[place] = letters[digits[place]]
        for lower in 0..<place { (digits[lower], text[lower]) = (0, letters[0]) }
    }
}

@Suite struct `Every short text` {
    /// What comes behind a lone dot is commands again, so this is also about what is executed.
    @Test(arguments: 0...6) func `is taken for the message it is, however it is cut`(length: Int) {
        // All cuts into two where that is affordable, for the longest one of them each.
        var turn = 0
        texts(of: length) { text in
            let head = Array("LOGIN\na\ny\nSEND\nb\n\n".utf8)
            let stream = head + text + Array("\n.\nLIST\n".utf8)
            let plain = plainEvents(stream)
            turn += 1
            let all = head.count...(head.count + length + 3)
            for cut in length < 5 ? all : (head.count + turn % all.count)...(head.count + turn % all.count) {
                var pieces = [cut]
                let events = events(stream) { pieces.popLast() ?? .max }
                if events != plain { Issue.record("\(text), cut at \(cut - head.count): \(events), not \(plain)") }
            }
        }
    }

    @Test(arguments: 0...5) func `is stored and read as it came, in one piece or two`(length: Int) throws {
        let path = try makeTemporaryFolder((isFolder("/dev/shm") ? "/dev/shm" : "/tmp") + "/twtext")
        defer { try? removeTree(path) }
        try makeFolder(path + "/s")
        let spool = try Spool.open(path: path + "/s", clock: .system)
        let bob = try #require(Username("bob".utf8))
        let head = Array("bob\nbob\n\n".utf8)
        try texts(of: length) { text in
            let body = text + Array("\n.\n".utf8)
            guard isWhole(body) else { return }
            var draft = try spool.draft(sender: bob, receiver: bob, subject: #require(Subject([])))
            let cut = Int(text.reduce(0) { ($0 &* 7 &+ $1) % 251 }) % (body.count + 1)
            try draft.append(Array(body[..<cut]).span)
            try draft.append(Array(body[cut...]).span)
            try draft.deliver()
            let id = try #require(spool.list(bob).ids.last)
            var bytes: [UInt8] = []
            if let stored = try spool.open(id, of: bob) {
                bytes = try readWhole(stored.descriptor.number, count: stored.size + 1, fromOffset: 0)
            }
            if bytes != head + body { Issue.record("\(text) came back as \(bytes)") }
            #expect(try spool.delete(id, of: bob))
        }
    }

    /// Whether only its end ends it.
    private func isWhole(_ body: [UInt8]) -> Bool {
        var scanner = BodyScanner()
        return scanner.scan(body.span) == (body.count, true)
    }
}
