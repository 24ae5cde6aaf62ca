/// What a session must not hold: its supervisor's descriptors, and passwords it has passed on (LOGIN-13).

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

/// Only root may look into processes that forbid it (PR_SET_DUMPABLE).
@Suite(.enabled(if: effectiveUser() == 0, "only root may look into processes that forbid it"))
struct `What a process keeps` {
    /// What each descriptor of a process is, by what the kernel calls it.
    private func descriptors(of process: ProcessID, _ world: ServerWorld) throws -> [String] {
        let folder = "/proc/\(process)/fd"
        let targets = try Posix.Directory.open(path: folder).names().compactMap { linkTarget("\(folder)/\($0)") }
        return targets.map { target in
            for (prefix, kind) in [
                ("socket:", "socket"), ("pipe:", "pipe"), ("/dev/null", "null"), ("anon_inode:[landlock", "bounds"),
            ] where target.hasPrefix(prefix) { return kind }
            if target == world.stage.log { return "log" }
            if target.hasPrefix(world.stage.spool) { return "spool" + target.dropFirst(world.stage.spool.count) }
            return target
        }.sorted()
    }

    @Test func `each process holds what it needs and nothing else`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            let session = try #require(world.sessions().first)
            let gatekeeper = try #require(world.gatekeeper())
            let worker = try #require(world.workers().first)
            // Its client, and the pipe that tells of the server's end.
            #expect(
                try descriptors(of: session, world) == ["log", "log", "null", "pipe", "socket", "spool", "spool/.tmp"])
            // Pipes: signals, the server's end. Listening for clients and for sessions; the gatekeeper's lifeline.
            let pipes = Array(repeating: "pipe", count: 4)
            #expect(
                try descriptors(of: world.server.leader, world)
                    == ["bounds", "bounds", "log", "log", "null"] + pipes
                    + ["socket", "socket", "socket", "spool", "spool/.lock", "spool/.tmp"])
            // The door, a worker, the lifeline.
            #expect(
                try descriptors(of: gatekeeper, world) == [
                    "log", "log", "null", "socket", "socket", "socket", "spool/.gate/bans", "spool/.gate/charges",
                    "spool/.gate/lock",
                ])
            // Its gatekeeper, and the directory.
            #expect(try descriptors(of: worker, world) == ["log", "log", "null", "socket", "socket"])
        }
    }

    @Test func `no process can gain rights, dump core, or be looked into by the user it runs as`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            let session = try #require(world.sessions().first)
            for process in world.server.tree.alive {
                let status = String(decoding: try readFile("/proc/\(process)/status"), as: UTF8.self)
                #expect(status.contains("NoNewPrivs:\t1\n"))
                let limits = String(decoding: try readFile("/proc/\(process)/limits"), as: UTF8.self)
                #expect(limit("Max core file size", in: limits) == ["0", "0"])
                #expect(limit("Max data size", in: limits) == ["1073741824", "1073741824"])
                if process == session {
                    #expect(limit("Max open files", in: limits) == ["64", "64"])
                    #expect(limit("Max processes", in: limits) == ["0", "0"])
                }
            }
            try session.send(signal: 11)
            #expect(try talk.isAtEnd())
            _ = try world.logged("session-crash")
            #expect(try Posix.Directory.open(path: world.stage.folder).names().sorted() == ["a", "cwd", "log"])
        }
    }

    private func limit(_ name: String, in limits: String) -> [Substring] {
        let line = limits.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return Array(line.dropFirst(name.count).split(separator: " ").prefix(2))
    }

    @Test func `no password is in the log, on a command line, or in an environment`() throws {
        try withServer { world in
            let wrong = "token-to-find-7c1f"
            #expect(try world.login("alice", wrong, from: "127.0.0.70") == "ERR\n")
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("LOGIN\nalice\n\(wrong)\n\(wrong)\nSEND\nbob\n\(wrong)")
            #expect(try talk.hears("ERR\nERR\n"))
            var places = [world.stage.log]
            for process in world.server.tree.alive {
                places += ["/proc/\(process)/cmdline", "/proc/\(process)/environ"]
            }
            #expect(places.count >= 9)
            for place in places {
                let text = try readFile(place, limit: 1 << 24)
                #expect(!text.isEmpty, "\(place)")
                for secret in [wrong, "alice-secret"] {
                    #expect(text.firstRange(of: Array(secret.utf8)) == nil, "\(secret) in \(place)")
                }
            }
        }
    }

    @Test func `no password stays in the memory of session, supervisor or gatekeeper`() throws {
        try withServer { world in
            let long = String(repeating: "y", count: 1100) + "end-of-a-long-one"
            let passwords = ["alice-secret", "a-wrong-one-to-find", " blank-in-front", "second-login-of-mine", long]
            let talk = try world.talk()
            for password in [passwords[1], passwords[2], passwords[0], passwords[3], long] {
                try talk.say("LOGIN\nalice\n\(password)\n")
                #expect(try talk.hears(password == passwords[0] ? "OK\n" : "ERR\n"))
            }
            try talk.say("LIST\n")
            #expect(try talk.hears("0\n"))
            let everybody = world.server.tree.alive
            #expect(everybody.count >= 4, "supervisor, session, gatekeeper, worker")
            for process in everybody {
                for password in passwords {
                    // The last 12 bytes: an allocator may have written over the first 16 of what it took back.
                    let token = Array(password.utf8.suffix(12))
                    #expect(try !memory(of: process, contains: token), "\(password) in \(process)")
                }
            }
            // The search itself can find something.
            #expect(try memory(of: .current, contains: Array(passwords[3].utf8)))
        }
    }

    /// The buffer is moved or exchanged when it is full: here in the middle of the password's line, and at its end.
    @Test(arguments: [2_048, 65_536], [0, 1, 5])
    func `a password that fills the buffer does not stay in a session's memory`(buffer: Int, missing: Int) throws {
        try withServer { world in
            let password = "password-\(buffer)-\(missing)-to-be-found"
            let talk = try world.talk()
            // The buffer has grown, and is empty.
            if buffer > 2_048 {
                try talk.say(String(repeating: "x", count: 4_000) + "\n")
                #expect(try talk.hears("ERR\n"))
            }
            let login = Array("LOGIN\nalice\n\(password)".utf8.dropLast(missing))
            let before = Array(repeating: UInt8(ascii: "y"), count: buffer - login.count - 1) + [UInt8(ascii: "\n")]
            try talk.say(before + login)
            #expect(try talk.hears("ERR\n"))
            try talk.say(String(password.suffix(missing)) + "\n")
            #expect(try talk.hears("ERR\n"))
            let session = try #require(world.sessions().first)
            #expect(try !memory(of: session, contains: Array("-\(missing)-to-be".utf8)))
        }
    }

    /// Looks through every readable mapping (proc_pid_maps(5)).
    private func memory(of process: ProcessID, contains token: [UInt8]) throws -> Bool {
        let file = try Posix.Directory.open(path: "/proc/\(process)").open("mem", .readOnly)
        let lines = try readFile("/proc/\(process)/maps").split(separator: UInt8(ascii: "\n"))
        for line in lines.map({ String(decoding: $0, as: UTF8.self) }) {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            let range = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            guard range.count == 2, fields[1].hasPrefix("rw"), !line.contains("[v") else { continue }
            var buffer = [UInt8](repeating: 0, count: range[1] - range[0])
            guard let count = try? read(file.number, into: &buffer, count: buffer.count, fromOffset: range[0]) else {
                continue
            }
            if buffer[..<count].firstRange(of: token) != nil { return true }
        }
        return false
    }
}
