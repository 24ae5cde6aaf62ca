import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct ClientTests {
    /// What a server does after the client's LOGIN (3 lines) or later, and how the client must end.
    static let badServers: [(name: String, steps: [PeerStep], command: [String], status: Int32, words: String)] = [
        (
            "greets", [.say("Welcome!\r\n"), .listen], ["list"], 76,
            #"the server sent "Welcome!\x0d\n" where OK or ERR"#
        ),
        ("greets without a line's end", [.say("Login: "), .listen], ["list"], 76, #"sent "Login: " where OK or ERR"#),
        ("talks", [.hear(3), .say("OK welcome\n"), .listen], ["list"], 76, #"sent "OK welcome\n" where"#),
        ("sends a NUL for a line feed", [.hear(3), .say("OK\0"), .listen], ["list"], 76, #"sent "OK\x00" where"#),
        ("sends a NUL after its reply", [.hear(3), .say("OK\n\0"), .listen], ["list"], 76, #"sent "\x00" after"#),
        (
            "sends escapes", [.hear(3), .say("\u{1b}]0;x\u{7}\n"), .listen], ["list"], 76,
            #"sent "\x1b]0;x\x07\n" where"#
        ),
        ("closes at once", [], ["list"], 77, "connection instead of answering LOGIN"),
        ("refuses", [.hear(3), .say("ERR\n"), .listen], ["list"], 77, "refused the login"),
        ("says nothing", [.listen], ["--timeout", "200ms", "list"], 69, "sent no reply to LOGIN for 0.2 s"),
        ("leaves", [.hear(3), .say("OK\n"), .hear(1)], ["list"], 69, "instead of answering LIST"),
        (
            "puts OK before the number", [.hear(3), .say("OK\n"), .hear(1), .say("OK\n1\nx\n"), .listen], ["list"], 76,
            #"sent "OK\n1\nx\n" where a number of messages"#
        ),
        (
            "stops in the middle", [.hear(3), .say("OK\n"), .hear(1), .say("2\nx\n"), .listen],
            ["--timeout", "2s", "list"], 69, "stopped in the middle of its reply to LIST"
        ),
        (
            "leaves in the middle", [.hear(3), .say("OK\n"), .hear(1), .say("2\nx\n")], ["list"], 76,
            "closed the connection in the middle of its reply to LIST"
        ),
        (
            "cuts a message off", [.hear(3), .say("OK\n"), .hear(2), .say("OK\na\nb\nc\nhalf\n.")],
            ["read", "1", "-o", "saved"], 76, #"in the middle of its reply to READ; "saved" was not written"#
        ),
        (
            "has no such message", [.hear(3), .say("OK\n"), .hear(2), .say("ERR\n"), .listen],
            ["read", "1", "-o", "saved"], 67, "there is no message 1"
        ),
        (
            "refuses early and reads on", [.hear(3), .say("OK\n"), .hear(3), .say("ERR\n"), .hearText, .listen],
            ["send", "--to", "bob", "--subject", "s", "big"], 1, "refused the message"
        ),
        (
            "refuses early and leaves", [.hear(3), .say("OK\n"), .hear(3), .say("ERR\n")],
            ["send", "--to", "bob", "--subject", "s", "big"], 1, "refused the message"
        ),
        (
            "leaves in the middle of a text", [.hear(3), .say("OK\n")] + [.hear(1)],
            ["send", "--to", "bob", "--subject", "s", "big"], 69, "instead of answering SEND; whether"
        ),
    ]

    @Test(arguments: badServers.indices)
    func `a server that breaks the rules is named with what it sent, and leaves no file behind`(index: Int) throws {
        let (name, steps, command, status, words) = Self.badServers[index]
        let client = try ClientUnderTest()
        defer { client.remove() }
        try writeFile("\(client.folder)/big", [UInt8](repeating: 0x61, count: 10 << 20))
        let peer = try ClientPeer(steps)
        let result = try client.run(peer.port, command: command)
        #expect(result.status == status, "a server that \(name): \(result.errors)")
        #expect(result.errors.contains(words), "a server that \(name): \(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(try Directory.open(path: client.folder).names().sorted() == ["alice", "big", "bob"])
        #expect(try !peer.end())
    }

    // T22
    @Test(arguments: [("hi\n.\nDEL\n1\n", 2), ("hi\n.", 2), (".\n", 1)])
    func `a text with a lone dot is refused before anything is sent, from a file and from a pipe`(
        text: String, line: Int
    ) throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        try writeFile("\(client.folder)/text", Array(text.utf8))
        let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        let port = try Sockets.localAddress(listener.number).port
        let send = ["send", "--to", "bob", "--subject", "s"]
        for result in [
            try client.run(port, command: send + ["text"]),
            try client.run(port, input: "\(client.folder)/text", command: send),
            try client.run(port, piping: "\(client.folder)/text", command: send),
        ] {
            #expect(result.status == 65)
            #expect(result.errors.contains("line \(line) is only a dot"))
        }
        // Nobody has even connected.
        #expect(throws: Errno.wouldBlock) { _ = try Sockets.accept(listener.number) }
    }

    // T22
    @Test func `a file that gets a lone dot while it is being sent is not delivered`() throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let path = "\(client.folder)/text"
        // More than the sockets between the two can hold: the end is read after the change.
        let front = [UInt8](repeating: 0x61, count: 32 << 20)
        try writeFile(path, front + Array("\nb\n".utf8))
        let peer = try ClientPeer([
            .hear(3), .say("OK\n"), .hear(3),
            .act {
                let file = try Directory.open(path: client.folder).open("text", .readWrite)
                try writeAll(file.number, Array("\n.\n".utf8).span, atOffset: front.count)
            },
            .hearText, .act { try writeFile("\(client.folder)/delivered", []) },
        ])
        let result = try client.run(peer.port, command: ["send", "--to", "bob", "--subject", "s", "text"])
        #expect(result.status == 65)
        #expect(result.errors.contains("text changed while it was being sent"))
        #expect(try !peer.end())
        #expect(fingerprint("\(client.folder)/delivered") == nil)
    }

    @Test func `a piped session takes commands and texts in the protocol's own order`() throws {
        let client = try ClientUnderTest()
        defer { client.remove() }
        let lines = "LOGIN\nbob\nbob-secret\nlist\nsend\nalice\nhi\n..\nquit\n.\ndel 2 1\nread 3\nquit\nlist\n"
        try writeFile("\(client.folder)/session", Array(lines.utf8))
        let peer = try ClientPeer([
            .hear(3), .say("OK\n"), .hear(1), .say("1\nx\u{1b}[2J\n"), .hear(6), .say("OK\n"), .hear(2), .say("OK\n"),
            .hear(2), .say("ERR\n"), .hear(2), .say("OK\nbob\nbob\ns\nt\n.\n"), .listen,
        ])
        let spawn = try client.spawn(peer.port, input: "\(client.folder)/session")
        let result = try client.result(of: spawn)
        #expect(
            result.text == """
                1  x\\x1b[2J
                sent to alice: 8 bytes
                message 2 deleted
                From: bob
                To: bob
                Subject: s

                t

                """)
        #expect(result.errors == "there is no message 1; list shows the numbers\n")
        #expect(result.status == 67)
        #expect(try !peer.end())
    }

    /// What is meant for the terminal would go to the server as commands.
    @Test func `closed standard descriptors are no sockets and no files`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nalice\nfirst\nDEL\n1\n.\n")
            #expect(try talk.hears("OK\n"))
            try writeFile(world.stage.folder + "/cwd/password", Array("alice-secret\n".utf8))
            var client = Spawn(
                "/bin/sh",
                [
                    "-c", "exec timeout 60 \"$0\" \"$@\" <&- >&- 2>&-", world.program + "/twmailer-client", "127.0.0.1",
                    "\(world.server.port)", "-u", "alice", "--password-file", "password", "read", "1",
                ])
            client.workingFolder = world.stage.folder + "/cwd"
            #expect(try client.start().wait() == .exited(0))
            try talk.say("LIST\n")
            #expect(try talk.hears("1\nfirst\n"))
            #expect(try readFile(world.stage.folder + "/cwd/password") == Array("alice-secret\n".utf8))
        }
    }

    /// H35
    @Test func `the client goes to the address that it was given, and to no other`() throws {
        try withServer(["listen=127.0.0.5"]) { world in
            let folder = world.stage.folder + "/cwd"
            try writeFile(folder + "/password", Array("alice-secret\n".utf8))
            for (address, status) in [("127.0.0.5", 0), ("127.0.0.1", 69)] as [(String, Int32)] {
                var client = Spawn(
                    world.program + "/twmailer-client",
                    [address, "\(world.server.port)", "-u", "alice", "--password-file", "password", "list"])
                client.workingFolder = folder
                #expect(try client.output().ending == .exited(status))
            }
        }
    }

    @Test func `ten megabytes come back from the server as they went in`() throws {
        let root = String(#filePath.split(separator: "/").dropLast(4).flatMap { "/" + $0 })
        let world = try WorldGuard.start()
        defer { world.close() }
        let directory = try LDAPDirectory.start(
            script: root + "/scripts/start-slapd.sh", ldif: [root + "/Fixtures/ldif/users.ldif"],
            allowingAnonymousBind: false, world: world)
        let stage = try Stage(world: world)
        let server = try ServerProcess.start(
            .reference(try programFolder() + "/twmailer-server"), on: stage, directory: directory, limits: [],
            world: world)
        defer { server.kill() }
        let client = try ClientUnderTest()
        defer { client.remove() }
        var text = Array("..\n.\r\n. \n\t\u{0}\n".utf8) + [0xff, 0x0a] + [UInt8](repeating: 0x62, count: 200) + [0x0a]
        while text.count < 10 << 20 { text += text }
        text += [UInt8](repeating: 0x61, count: 1 << 20)
        // The last line lacks its line feed, and gets one.
        try writeFile("\(client.folder)/whole", text + [0x0a])
        try writeFile("\(client.folder)/text", text)

        let send = ["send", "--to", "bob", "--subject", "größer"]
        #expect(try client.run(server.port, as: "alice", command: send + ["text"]).status == 0)
        #expect(try client.run(server.port, as: "alice", piping: "\(client.folder)/text", command: send).status == 0)
        #expect(try client.run(server.port, command: ["list"]).text == "1  größer\n2  größer\n")
        for number in ["1", "2"] {
            let result = try client.run(server.port, command: ["read", number, "-o", "saved"])
            #expect(result.text == "message \(number): \(text.count + 1) bytes in saved\n", "\(result.errors)")
            #expect(try client.hasEqual("whole", "saved"))
        }
        let raw = try client.run(server.port, output: "\(client.folder)/raw", command: ["read", "1", "--raw"])
        #expect(raw.status == 0)
        #expect(try client.hasEqual("whole", "raw"))
        #expect(try client.run(server.port, command: ["del", "1", "2"]).status == 0)
        #expect(try client.run(server.port, command: ["list", "--json"]).text == "")
        #expect(try client.run(server.port, command: ["del", "1"]).status == 67)
    }
}
