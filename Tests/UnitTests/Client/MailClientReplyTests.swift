import MailClient
import Testing

@Suite struct MailClientReplyTests {
    /// What a reader makes of the pieces, texts joined; a failure as its words.
    func events(_ kind: ReplyReader.Kind, _ pieces: [[UInt8]]) -> [String] {
        var reader = ReplyReader(kind)
        var found: [String] = []
        var text: [UInt8] = []
        for piece in pieces {
            var range = piece.indices
            do {
                while let event = try reader.next(piece, &range) {
                    switch event {
                    case .body(let heldDot, let body): text += (heldDot ? [0x2e] : []) + piece[body]
                    case .subject(let line): found.append("subject \(String(decoding: line, as: UTF8.self))")
                    case .header(let header, let line):
                        found.append("\(header) \(String(decoding: line, as: UTF8.self))")
                    case .end: return found + (kind == .message ? ["text \(text)"] : []) + ["end, \(range.count) left"]
                    case .refused: return found + ["refused, \(range.count) left"]
                    default: found.append("\(event)")
                    }
                    if kind == .status { return found + ["\(range.count) left"] }
                }
            } catch ClientFailure.failed(let status, let words) {
                return found + ["\(status.rawValue) \(words)"]
            } catch { return found + ["\(error)"] }
        }
        return found + ["more"]
    }

    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let replies: [(ReplyReader.Kind, String, [String])] = [
        (.status, "OK\n", ["accepted", "0 left"]),
        (.status, "ERR\n", ["refused, 0 left"]),
        (.list, "0\n", ["count(0)", "end, 0 left"]),
        (.list, "2\n\nb\n", ["count(2)", "subject ", "subject b", "end, 0 left"]),
        (.list, "ERR\n", ["refused, 0 left"]),
        (.message, "ERR\n", ["refused, 0 left"]),
        (.message, "OK\na\nb\n\n.\n", ["accepted", "sender a", "receiver b", "subject ", "text []", "end, 0 left"]),
        (
            .message, "OK\na\nb\ns\n..\n.\r\n. \nx.\n\n.\n",
            [
                "accepted", "sender a", "receiver b", "subject s", "text \(Array("..\n.\r\n. \nx.\n\n".utf8))",
                "end, 0 left",
            ]
        ),
        (
            .message, "OK\n.\n.\n.\n.\n",
            ["accepted", "sender .", "receiver .", "subject .", "text []", "end, 0 left"]
        ),
    ]

    @Test(arguments: replies.indices) func `a reply reads the same however it is cut`(index: Int) {
        let (kind, text, expected) = Self.replies[index]
        let all = bytes(text)
        #expect(events(kind, all.map { [$0] }) == expected)
        for first in 0...all.count {
            for second in first...all.count {
                let pieces = [Array(all[..<first]), Array(all[first..<second]), Array(all[second...])]
                #expect(events(kind, pieces) == expected)
            }
        }
    }

    @Test func `every short text comes out as it went in`() {
        let letters: [UInt8] = [0x2e, 0x0a, 0x0d, 0x00, 0x61]
        var texts: [[UInt8]] = [[]]
        for length in 1...5 {
            texts += texts.filter { $0.count == length - 1 }.flatMap { text in letters.map { text + [$0] } }
        }
        for text in texts {
            var body = text
            if !body.isEmpty, body.last != 0x0a { body.append(0x0a) }
            if body.split(separator: 0x0a, omittingEmptySubsequences: false).contains([0x2e]) { continue }
            let reply = bytes("OK\na\nb\ns\n") + body + bytes(".\n")
            let expected = ["accepted", "sender a", "receiver b", "subject s", "text \(body)", "end, 0 left"]
            #expect(events(.message, [reply]) == expected)
            #expect(events(.message, reply.map { [$0] }) == expected)
        }
    }

    @Test func `what follows a reply is left alone`() {
        #expect(events(.status, [bytes("OK\nOK\n")]) == ["accepted", "3 left"])
        #expect(events(.list, [bytes("1\na\nxyz")]) == ["count(1)", "subject a", "end, 3 left"])
    }

    @Test(arguments: [
        (ReplyReader.Kind.status, "Welcome!\n", #"76 the server sent "Welcome!\n" where OK or ERR belongs"#),
        (.status, "Login: ", #"76 the server sent "Login: " where OK or ERR belongs"#),
        (.status, "OK\0", #"76 the server sent "OK\x00" where OK or ERR belongs"#),
        (.status, "OK\r\n", #"76 the server sent "OK\x0d\n" where OK or ERR belongs"#),
        (.status, "OK logged in\n", #"76 the server sent "OK logged in\n" where OK or ERR belongs"#),
        (.status, "\u{1b}[2J", #"76 the server sent "\x1b[2J" where OK or ERR belongs"#),
        (.list, "OK\n1\n", #"76 the server sent "OK\n1\n" where a number of messages belongs"#),
        (.list, "\n", #"76 the server sent "\n" where a number of messages belongs"#),
        (.list, "-1\n", #"76 the server sent "-1\n" where a number of messages belongs"#),
        (
            .list, "1234567890123456789\n",
            #"76 the server sent "1234567890123456789\n" where a number of messages belongs"#
        ),
    ]) func `a reply of another protocol fails at once and says what came`(
        kind: ReplyReader.Kind, text: String, expected: String
    ) { #expect(events(kind, [bytes(text)]) == [expected]) }

    @Test func `a line without an end is not collected for ever`() {
        let reply = bytes("1\n") + [UInt8](repeating: 0x61, count: 70_000)
        #expect(events(.list, [reply]).last?.hasPrefix("76 the server sent a line of more than 65536 bytes") == true)
    }
}
