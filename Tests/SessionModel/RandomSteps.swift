/// Makes up steps: mostly sensible ones, with every odd one that the protocol has something to say about.

package struct RandomSteps {
    private var random: Random
    private let clients: Int
    private var count = 0

    /// The same seed gives the same steps.
    package init(seed: UInt64) {
        random = Random(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
        clients = 2 + Int(seed % 3)
    }

    package mutating func next(_ model: Model) -> Step {
        count += 1
        let client = random.below(clients)
        switch random.below(1000) {
        case ..<3: return .restart
        case ..<6: return .killGatekeeper
        case ..<40: return .advance(milliseconds: RandomSteps.pauses.randomElement(using: &random)!)
        case ..<65: return .quit(client)
        case ..<80: return .half(client, half(), reset: random.below(2) == 0)
        case ..<100: return .connect(client, from: UInt8(1 + random.below(4)))
        case ..<120: return .unknown(client, one("LIST ", "list", "", "HELO", "\0", "READ 1", "OK", ".", "\u{ff}LIST"))
        case ..<300:
            let name = name()
            return .login(client, user: Array(name.utf8), password: password(of: name))
        case ..<560: return .send(client, to: receiver(), subject: subject(), text: text())
        case ..<720: return .list(client)
        case ..<880: return .read(client, number(model.numbers(of: client)))
        default: return .delete(client, number(model.numbers(of: client)))
        }
    }

    /// Around the end of a ban and of the idle window, and in between.
    private static let pauses = [1, 1000, 20_000, 59_999, 60_000, 120_000, 600_000]

    private mutating func one(_ texts: String...) -> [UInt8] { Array(texts.randomElement(using: &random)!.utf8) }

    private mutating func name() -> String {
        let names = ["alice", "alice", "bob", "bob", "carol", "dave", "nobody", "Alice", "bob ", "", "../bob"]
        return names.randomElement(using: &random)!
    }

    private mutating func password(of name: String) -> [UInt8] {
        random.below(3) > 0 ? Array("\(name)-secret".utf8) : one("wrong", "secret", "", " x", "x\0y", "alice-secret")
    }

    private mutating func receiver() -> [UInt8] {
        if random.below(3) > 0 { return one("alice", "bob", "carol") }
        let longest = String(repeating: "a", count: 32)
        return one("dave", "../x", "", "Bob", "bob\r", "a/b", longest, longest + "a", "lock", "new", ".tmp", "a\0")
    }

    private mutating func subject() -> [UInt8] {
        if random.below(2) == 0 { return Array("mail \(count)".utf8) }
        let longest = String(repeating: "ä", count: 80)
        return one("", "\t\(count) ", longest, longest + "x", "a\u{1}b", "../../x", ".")
    }

    /// Lines, or nothing; never the one that ends it.
    private mutating func text() -> [UInt8] {
        let lines: [[UInt8]] = [
            Array("text \(count)".utf8), [], [0x2e, 0x2e], [0x2e, 0x0d], [0x20, 0x2e], [0x2e, 0x20], [0, 0xff, 0x0d],
            Array("QUIT".utf8), Array("DEL".utf8), Array("1".utf8), [UInt8](repeating: 0x78, count: 5000),
        ]
        return (0..<random.below(6)).flatMap { _ in lines.randomElement(using: &random)! + [0x0a] }
    }

    private mutating func number(_ known: Int) -> [UInt8] {
        if random.below(10) == 0 {
            return one("0", "-1", "+1", "01", " 1", "1 ", "", "abc", "99999999999999999999", "1x", "../bob/1")
        }
        return Array("\(1 + random.below(max(2, known + 2)))".utf8)
    }

    private mutating func half() -> [UInt8] {
        one(
            "SEND\nalice\nhalf\ntext\n", "SEND\nbob\nhalf\n.", "SEND\nbob\nhalf\n..\n.\r\n", "SEND\n",
            "LOGIN\nalice\nwro",
            "LOGIN\nalice\n", "READ\n", "DEL\n1", "LI", "")
    }
}

/// xorshift64*: the same on every machine.
private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}
