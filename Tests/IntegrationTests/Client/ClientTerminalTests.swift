import Engine
import Glibc
import Posix
import Testing
import Transcript

/// A pseudo-terminal: the client sits at its slave, the test types at its master (pty(7)).
private struct Terminal: ~Copyable {
    let master: OwnedDescriptor
    /// Held open, so that its settings can be read when the client is gone.
    let slave: OwnedDescriptor

    static func open() throws -> Terminal {
        let master = OwnedDescriptor(owning: try retrying { Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) })
        // unlockpt(3) and ptsname(3) are not in Swift's Glibc; these are the requests they make (ioctl_tty(2)).
        var (locked, number) = (Int32(0), Int32(-1))
        try retrying { ioctl(master.number, 0x4004_5431, &locked) }  // TIOCSPTLCK
        try retrying { ioctl(master.number, 0x8004_5430, &number) }  // TIOCGPTN
        let path = "/dev/pts/\(number)"
        let slave = OwnedDescriptor(owning: try retrying { Glibc.open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) })
        return Terminal(master: master, slave: slave)
    }

    var echoes: Bool {
        get throws {
            var attributes = termios()
            try retrying { tcgetattr(slave.number, &attributes) }
            return attributes.c_lflag & tcflag_t(ECHO) != 0
        }
    }

    func type(_ text: String) throws { try writeAll(master.number, Array(text.utf8).span) }

    /// What appears on the screen up to and including `words`.
    func screen(upTo words: String) throws -> String {
        var seen: [UInt8] = []
        var byte: [UInt8] = [0]
        let deadline = Clock.system.now() + .seconds(20)
        while !String(decoding: seen, as: UTF8.self).hasSuffix(words) {
            guard try Clock.system.wait(for: .readable, on: master.number, until: deadline) else {
                Issue.record("waited for \(words), saw \(String(decoding: seen, as: UTF8.self))")
                return ""
            }
            if try read(master.number, into: &byte, at: 0..<1) == 1 { seen.append(byte[0]) }
        }
        return String(decoding: seen, as: UTF8.self)
    }

    /// Starts the client as the leader of a session whose terminal this is.
    func start(_ client: ClientUnderTest, _ port: UInt16, _ arguments: [String]) throws -> ProcessID {
        var spawn = Spawn("setsid", ["-c", ClientUnderTest.program, "127.0.0.1", "\(port)"] + arguments)
        spawn.descriptors = [0: slave.number, 1: slave.number, 2: slave.number]
        spawn.workingFolder = client.folder
        return try spawn.start()
    }
}

@Suite struct ClientTerminalTests {
    // H35
    @Test(arguments: [
        ("\u{3}", Ending.killed(signal: SIGINT)), ("\u{1c}", .killed(signal: SIGQUIT)), ("\u{4}", .exited(65)),
        ("nonsense\n", .exited(77)), ("\u{1a}\u{15}bob-secret\n", .exited(0)),
    ]) func `the password is not echoed, and the echo is back however the prompt ends`(
        typed: String, ending: Ending
    ) throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let terminal = try Terminal.open()
        let isRight = ending == .exited(0)
        let peer = try ClientPeer([.hear(3), .say(isRight ? "OK\n" : "ERR\n"), .hear(1), .say("0\n"), .listen])
        #expect(try terminal.echoes)
        let process = try terminal.start(client, peer.port, ["-u", "bob", "list"])
        _ = try terminal.screen(upTo: "Password for bob: ")
        #expect(try !terminal.echoes)
        try terminal.type(typed)
        #expect(try process.wait() == ending)
        #expect(try terminal.echoes)
        // A client that has not come so far leaves the peer waiting: come in its place.
        let visitor = try Sockets.connect(TCPAddress("127.0.0.1", port: peer.port)!, nonblocking: false)
        Sockets.finishWriting(visitor.number)
        _ = try peer.end()
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func `a signal at the prompt gives the echo back`(signal: Int32) throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let terminal = try Terminal.open()
        let process = try terminal.start(client, 1, ["-u", "bob", "list"])
        _ = try terminal.screen(upTo: "Password for bob: ")
        #expect(try !terminal.echoes)
        try process.send(signal: signal)
        #expect(try process.wait() == .killed(signal: signal))
        #expect(try terminal.echoes)
    }

    // T24
    @Test func `a typed session shows what others wrote and obeys none of it`() throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let terminal = try Terminal.open()
        let peer = try ClientPeer([
            .hear(3), .say("OK\n"), .hear(1), .say("2\n\u{1b}]52;c;eA==\u{7}\nx\rok\n"),
            .hear(2), .say("OK\na\u{202e}b\nbob\ns\n\u{1b}[2J\u{9b}31m\n.\n"), .listen,
        ])
        let process = try terminal.start(client, peer.port, [])
        _ = try terminal.screen(upTo: "> ")
        try terminal.type("login bob\n")
        _ = try terminal.screen(upTo: "Password for bob: ")
        try terminal.type("bob-secret\n")
        #expect(try terminal.screen(upTo: "bob> ") == "\r\nlogged in as bob\r\nbob> ")
        try terminal.type("list\n")
        #expect(try terminal.screen(upTo: "bob> ") == "list\r\n1  \\x1b]52;c;eA==\\x07\r\n2  x\\x0dok\r\nbob> ")
        try terminal.type("read 1\n")
        let shown = "From: a\\u{202e}b\r\nTo: bob\r\nSubject: s\r\n\r\n\\x1b[2J\\u{9b}31m\r\nbob> "
        #expect(try terminal.screen(upTo: "bob> ") == "read 1\r\n" + shown)
        try terminal.type("\u{4}")
        #expect(try process.wait() == .exited(0))
        #expect(try !peer.end())
    }

    @Test func `raw bytes are refused to a terminal`() throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let terminal = try Terminal.open()
        let process = try terminal.start(client, 1, ["-u", "bob", "--raw", "list"])
        #expect(try process.wait() == .exited(64))
        #expect(try terminal.screen(upTo: "-o FILE\r\n").contains("--raw is refused on a terminal"))
    }
}
