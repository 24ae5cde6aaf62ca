import MailCore
import Testing

/// Plays bytes into framer and machine as a session would, with a mailbox that always says yes.
private struct Play: ~Copyable {
    var framer = LineFramer()
    var machine = ServerMachine()
    var scanner = BodyScanner()
    var passwords = ["alice": "secret"]
    /// What the machine asked for, one word per action.
    var trace: [String] = []

    /// Feeds `bytes` in cuts of `size` and returns everything that was asked for, then "end".
    mutating func run(_ bytes: [UInt8], cut: (Int) -> Int) -> [String] {
        var rest = bytes[...]
        var action = ServerMachine.Action.readLine
        var body: [UInt8]?
        while true {
            switch action {
            case .readLine:
                switch framer.nextLine() {
                case .line(let line): action = machine.received(line)
                case .overflow: return trace + ["overflow"]
                case .needsInput:
                    if !feed(&rest, cut) { return trace + [machine.isBetweenFrames ? "end" : "end in a frame"] }
                }
            case .reply(let reply):
                trace.append(reply == .ok ? "OK" : "ERR")
                action = machine.replied()
            case .authenticate(let user, let password):
                let right = user.map { passwords[$0.description]?.utf8.elementsEqual(password?.bytes ?? []) ?? false }
                trace.append("login \(user?.description ?? "?")")
                action = machine.decided(right == true ? .accepted : .refused)
            case .receiveBody(let envelope):
                if body == nil {
                    scanner = BodyScanner()
                    body = []
                }
                let ended = framer.nextBlock(&scanner) { block in for i in block.indices { body!.append(block[i]) } }
                if ended {
                    let text = String(decoding: body!, as: UTF8.self)
                    trace.append(envelope.map { "store \($0.sender)>\($0.receiver) \(text)" } ?? "drop")
                    action = machine.received(bodyStored: envelope != nil)
                    body = nil
                } else if !feed(&rest, cut) {
                    return trace + ["end in a message"]
                }
            case .list(let user):
                trace.append("list \(user)")
                action = machine.replied()
            case .read(let number, let user):
                trace.append("read \(user) \(number.value)")
                action = machine.replied()
            case .delete(let number, let user):
                trace.append("delete \(user) \(number.value)")
                action = machine.replied()
            case .close: return trace + ["close"]
            }
        }
    }

    private mutating func feed(_ rest: inout ArraySlice<UInt8>, _ cut: (Int) -> Int) -> Bool {
        framer.fill { buffer, free in
            let count = min(rest.count, free.count, max(1, cut(rest.count)))
            buffer.replaceSubrange(free.prefix(count), with: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        } > 0
    }
}

private func played(_ text: String, cut: (Int) -> Int = { $0 }) -> [String] {
    var play = Play()
    return play.run(Array(text.utf8), cut: cut)
}

private let login = "LOGIN\nalice\nsecret\n"

@Suite struct ServerMachineTests {
    @Test func `a session from login to quit`() {
        #expect(
            played(login + "SEND\nbob\nlunch\nat noon?\n.\nLIST\nREAD\n1\nDEL\n2\nQUIT\nLIST\n")
                == [
                    "login alice", "OK", "store alice>bob at noon?\n.\n", "OK", "list alice", "read alice 1",
                    "delete alice 2", "close",
                ])
    }

    @Test func `before login nothing but QUIT does anything, and each command is one ERR`() {
        #expect(
            played("LIST\nREAD\n1\nDEL\n1\nSEND\nbob\ns\nLIST\nQUIT\n.\nQUIT\n")
                == ["ERR", "ERR", "ERR", "drop", "ERR", "close"])
    }

    @Test func `a failed login gives no identity`() {
        #expect(played("LOGIN\nalice\nwrong\nLIST\n") == ["login alice", "ERR", "ERR", "end"])
    }

    @Test func `a login in a logged-in session is refused and changes nothing`() {
        #expect(played(login + "LOGIN\nbob\nx\nLIST\n") == ["login alice", "OK", "ERR", "list alice", "end"])
    }

    @Test func `a malformed name or password reaches the gatekeeper as such`() {
        #expect(played("LOGIN\nAlice\nsecret\nLOGIN\nalice\n\n") == ["login ?", "ERR", "login alice", "ERR", "end"])
    }

    @Test(arguments: ["../x", "", "Bob", "bob\r", "bob\0", String(repeating: "b", count: 33)])
    func `a refused receiver swallows the message`(receiver: String) {
        #expect(
            played(login + "SEND\n\(receiver)\ns\nDEL\n1\n.\nLIST\n") == [
                "login alice", "OK", "drop", "ERR", "list alice", "end",
            ])
    }

    @Test func `a refused subject swallows the message`() {
        for subject in [String(repeating: "x", count: 81), "a\u{1}b", String(repeating: "x", count: 2000)] {
            #expect(
                played(login + "SEND\nbob\n\(subject)\n.\n.\n") == ["login alice", "OK", "drop", "ERR", "ERR", "end"])
        }
    }

    @Test func `an unknown verb is one ERR for its line alone`() {
        #expect(
            played("login\n LIST\nLIST \nLIST\r\n\nQUIT now\n") == ["ERR", "ERR", "ERR", "ERR", "ERR", "ERR", "end"])
    }

    @Test func `a line over 1024 bytes is refused after its frame`() {
        let long = String(repeating: "x", count: 1025)
        #expect(
            played(login + "READ\n\(long)\n\(long)\nLIST\n") == [
                "login alice", "OK", "ERR", "ERR", "list alice", "end",
            ])
        #expect(played("LOGIN\nalice\n\(String(repeating: "x", count: 1024))\n") == ["login alice", "ERR", "end"])
    }

    @Test(arguments: [1, 7, 4095, 4096, 4097, 65_536])
    func `a command across the end of the first buffer is read like any other`(size: Int) {
        for before in 4070...4097 {
            let text = String(repeating: "x", count: before - 1) + "\nLOGIN\nalice\nsecret\nREAD\n12\nQUIT\n"
            #expect(played(text, cut: { _ in size }) == ["ERR", "login alice", "OK", "read alice 12", "close"])
        }
    }

    @Test func `65536 bytes without a line end are an overflow, one less is a line`() {
        let most = String(repeating: "x", count: 65_535)
        #expect(played(most + "\nQUIT\n") == ["ERR", "close"])
        #expect(played(most + "x\nQUIT\n") == ["overflow"])
        #expect(played("LIST\n" + most + "x\n", cut: { _ in 4096 }) == ["ERR", "overflow"])
    }

    @Test func `the end of the input is told apart by where it comes`() {
        #expect(played("LIST\n") == ["ERR", "end"])
        #expect(played("LOGIN\nalice\nsec") == ["end in a frame"])
        #expect(played(login + "SEND\nbob\ns\ntext\n.") == ["login alice", "OK", "end in a message"])
    }

    /// FRAME-1: TCP has no packets.
    @Test func `any cut of the same bytes gives the same actions`() {
        let bodies = [
            "", "text\n", "..\n .\n. \n.\r\n", "LIST\nQUIT\n", "\n\n", String(repeating: "y", count: 700) + "\n",
        ]
        let lines = bodies.map { "SEND\nbob\nsubject\n\($0).\n" } + ["LIST\n", "READ\n1\n", "nonsense\n", "DEL\nabc\n"]
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = Sequence(state: seed)
            let text = login + (0..<12).map { _ in lines[random.next(below: lines.count)] }.joined() + "QUIT\n"
            let whole = played(text)
            #expect(whole.last == "close")
            #expect(played(text, cut: { _ in 1 }) == whole)
            for most in [2, 7, 64, 1000] { #expect(played(text, cut: { _ in 1 + random.next(below: most) }) == whole) }
        }
    }
}

/// A small deterministic generator (xorshift64*), so that a failing seed can be played again.
private struct Sequence {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}
