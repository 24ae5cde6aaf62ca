/// What a client of the benchmark says and what it must hear, byte for byte.

import Posix

struct Exchange: Sendable {
    enum Reply: Sendable {
        case bytes([UInt8])
        /// Text that ends with a line of one dot, which is looked for as a client must that does not know the length.
        case text([UInt8])
        /// Lines of which the last begins so (Wire.swift).
        case lines(until: String)
        /// The same, and then the server closes the connection.
        case linesThenEnd(String)
        /// The server closes the connection.
        case end
    }

    let request: [UInt8]
    let reply: Reply
    /// Its time is kept beside that of the whole operation.
    var isTimed = false

    static func login(_ user: String, _ password: [UInt8], isTimed: Bool = false) -> Exchange {
        Exchange(request: Array("LOGIN\n\(user)\n".utf8) + password + [10], reply: .bytes(ok), isTimed: isTimed)
    }

    static func list(_ reply: [UInt8], isTimed: Bool = false) -> Exchange {
        Exchange(request: Array("LIST\n".utf8), reply: .bytes(reply), isTimed: isTimed)
    }

    /// `text` ends with LF.
    static func send(to receiver: String, subject: String, text: [UInt8]) -> Exchange {
        Exchange(
            request: Array("SEND\n\(receiver)\n\(subject)\n".utf8) + text + Array(".\n".utf8), reply: .bytes(ok),
            isTimed: true)
    }

    static func read(_ number: Int, sender: String, receiver: String, subject: String, text: [UInt8]) -> Exchange {
        let head = Array("OK\n\(sender)\n\(receiver)\n\(subject)\n".utf8)
        return Exchange(
            request: Array("READ\n\(number)\n".utf8), reply: .text(head + text + Array(".\n".utf8)), isTimed: true)
    }

    static let quit = Exchange(request: Array("QUIT\n".utf8), reply: .end)
    private static let ok = Array("OK\n".utf8)
}

/// What each of several clients does again and again.
struct Workload: Sendable {
    /// nil: each turn has a connection of its own, from connect to close. Else the connection stays, and this comes
    /// first and is not counted.
    var opening: [[Exchange]]?
    /// For each client, the turns that it takes one after the other, from the first again after the last.
    let turns: [[[Exchange]]]
    /// nil: where the server speaks TW-Mailer's protocol.
    var at: TCPAddress?

    var clients: Int { turns.count }
}

/// Lines of 71 characters and an LF, of which none is a dot alone; `count` bytes.
func mailText(_ count: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(count)
    var line = 0
    while text.count + 72 <= count {
        let start = Array("\(line) ".utf8)
        text += start + (start.count..<71).map { UInt8(ascii: "a") + UInt8(($0 * 7 + line) % 26) } + [10]
        line += 1
    }
    if text.count < count { text += [UInt8](repeating: UInt8(ascii: "z"), count: count - text.count - 1) + [10] }
    return text
}
