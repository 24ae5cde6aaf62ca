/// How the peers' protocols say what TW-Mailer's commands say.

import Posix

/// A mail protocol of a peer; lines end with CR LF, and the server speaks first.
enum Wire {
    case pop3, imap, lmtp, smtp

    private var greeting: Exchange {
        self == .pop3 ? .ask("", "+OK") : self == .imap ? .ask("", "* OK") : .ask("", "220")
    }

    /// From the greeting to where mail can be read or sent.
    func opening(_ user: String, _ password: [UInt8]) -> [Exchange] {
        let word = String(decoding: password, as: UTF8.self)
        return switch self {
        case .pop3: [greeting, .ask("USER \(user)", "+OK"), .ask("PASS \(word)", "+OK", isTimed: true)]
        case .imap: [greeting, .ask("a1 LOGIN \(user) \(word)", "a1 OK")]
        case .lmtp: [greeting, .ask("LHLO bench", "250 ")]
        case .smtp: [greeting, .ask("EHLO bench", "250 ")]
        }
    }

    /// POP3: how many and how long they are, as LIST tells.
    static let sizes = Exchange.ask("LIST", ".\r")
    static let pop3Quit = Exchange(request: Array("QUIT\r\n".utf8), reply: .linesThenEnd("+OK"))
    static let retrieve = Exchange.ask("RETR 1", ".\r", isTimed: true)
    /// IMAP: every subject of the mailbox, from opening it on.
    static let subjects = Exchange.ask(
        "a2 SELECT INBOX\r\na3 FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", "a3 OK", isTimed: true)

    /// One message by SMTP or LMTP; its envelope goes out in one piece, which both allow (PIPELINING).
    static func message(to receiver: String, subject: String, text: [UInt8]) -> [Exchange] {
        let lines = Array("Subject: \(subject)\r\n\r\n".utf8) + text.flatMap { $0 == 10 ? [13, 10] : [$0] }
        return [
            .ask("MAIL FROM:<bench@bench.invalid>\r\nRCPT TO:<\(receiver)@bench.invalid>\r\nDATA", "354"),
            Exchange(request: lines + Array(".\r\n".utf8), reply: .lines(until: "250"), isTimed: true),
        ]
    }
}

extension Exchange {
    /// A line (none when it is empty), and lines up to one that begins so; one that ends with CR must be all of it.
    static func ask(_ line: String, _ last: String, isTimed: Bool = false) -> Exchange {
        Exchange(
            request: line.isEmpty ? [] : Array((line + "\r\n").utf8), reply: .lines(until: last), isTimed: isTimed)
    }
}

/// The search for the last line of a peer's reply, carried on from block to block.
struct LastLineSearch {
    private let last: [UInt8]
    /// What is known of a line that has begun; no more than the mark is long.
    private var begun: [UInt8] = []

    init(_ last: String) { self.last = Array(last.utf8) }

    /// -ERR of POP3, 4xx and 5xx of SMTP and LMTP where a number is expected.
    private var isRefusal: Bool {
        guard let mark = last.first, let first = begun.first else { return false }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return mark == UInt8(ascii: "+")
            ? first == UInt8(ascii: "-") : digits.contains(mark) && first >= UInt8(ascii: "4") && digits.contains(first)
    }

    /// True when the last line ends with `bytes[..<count]`; nil when something comes after it, or it refuses.
    mutating func finds(in bytes: [UInt8], _ count: Int) -> Bool? {
        var next = 0
        while next < count {
            let end = firstIndex(of: 10, in: bytes, next..<count) ?? count
            begun += bytes[next..<min(end, next + max(0, last.count + 1 - begun.count))]
            guard end < count else { return false }
            next = end + 1
            if isRefusal { return nil }
            if begun.starts(with: last), last.last != 13 || begun.count == last.count {
                return next == count ? true : nil
            }
            begun.removeAll(keepingCapacity: true)
        }
        return false
    }
}
