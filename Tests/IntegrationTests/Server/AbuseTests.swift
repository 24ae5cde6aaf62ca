/// What one client can take of the server, and what it cannot: the threats T11 to T17 of docs/SECURITY.md.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `One client against the others` {
    /// Processor time of a process (proc(5), schedstat), in nanoseconds.
    private func processorTime(of process: ProcessID) throws -> Int {
        let text = String(decoding: try readFile("/proc/\(process)/schedstat"), as: UTF8.self)
        return try #require(text.split(separator: " ").first.flatMap { Int($0) })
    }

    private func descriptors(of process: ProcessID) throws -> Set<Int32> {
        Set(try Posix.Directory.open(path: "/proc/\(process)/fd").names().compactMap { Int32($0) })
    }

    private func setOpenFiles(_ limit: Int, of process: ProcessID) throws {
        let output = try Spawn("prlimit", ["--pid", "\(process)", "--nofile=\(limit):"]).output()
        try #require(output.ending == .exited(0), "\(String(decoding: output.errors, as: UTF8.self))")
    }

    /// T14, CONC-4, PROC-1
    @Test func `two thousand connections held open keep nobody else out, and leave nothing behind`() throws {
        ResourceLimit.openFiles.raise(to: 4096)
        try withServer { world in
            let supervisor = world.server.leader
            let before = try descriptors(of: supervisor)
            var crowd: [Talk] = []
            var most = 0
            for turn in 1...2000 {
                crowd.append(try world.talk(from: "127.0.0.2"))
                if turn % 100 == 0 { most = max(most, world.sessions().count) }
            }
            let began = Clock.system.now()
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.3") == "OK\n")
            #expect(Clock.system.now() - began < .seconds(5))
            #expect((100...129).contains(most), "\(most) sessions at the most; one address may have 128")
            #expect(try crowd[1999].isAtEnd(), "over the limit without a word")
            let minutes = (Clock.system.now() - began).components.seconds / 10
            #expect(try world.logged("conn-refused", "reason=per-address", "ip=127.0.0.2").count <= minutes + 2)
            crowd = []
            try world.eventually("the last session is seen off") { world.sessions().isEmpty }
            #expect(world.server.tree.zombies == 0)
            #expect(try descriptors(of: supervisor) == before)
        }
    }

    @Test func `over the total a client is closed at once, and served when there is room`() throws {
        try withServer(["max-sessions=3"]) { world in
            let inside = try (1...3).map { try world.talk(from: "127.0.0.\($0)") }
            for talk in inside { try talk.login("alice") }
            #expect(try world.talk(from: "127.0.0.4").isAtEnd())
            _ = try world.logged("conn-refused", "reason=total", "ip=127.0.0.4")
            try inside[0].say("QUIT\n")
            #expect(try inside[0].isAtEnd())
            try world.eventually("its place is free") { world.sessions().count == 2 }
            #expect(try world.login("bob", "bob-secret", from: "127.0.0.4") == "OK\n")
        }
    }

    /// T1, BAN-13
    @Test func `of five hundred wrong logins at the same time three reach the directory`() throws {
        ResourceLimit.openFiles.raise(to: 4096)
        let room = ["max-sessions=600", "max-sessions-per-ip=600", "max-pre-login=600", "ldap-timeout=60s"]
        try withServer(room) { world in
            try world.directory.markBinds()
            let crowd = try (1...500).map { _ in try world.talk(from: "127.0.0.31") }
            for talk in crowd { try talk.say("LOGIN\nalice\nwrong\n") }
            for talk in crowd { #expect(try talk.hears("ERR\n")) }
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.31") == "ERR\n")
            #expect(try world.directory.binds() == 3)
            #expect(try world.logged("login-fail").count == 3)
            #expect(try world.logged("ban", "ip=127.0.0.31").count == 1)
            #expect(try world.names(".gate/bans") == ["127.0.0.31"])
            #expect(try world.logged("login-refused", "reason=banned").count < 20, "the log stays short")
        }
    }

    /// T15: each client from elsewhere sheds the oldest that has not logged in, whose question stays behind.
    @Test func `sessions that leave while they wait for a verdict cost the gatekeeper no descriptor`() throws {
        let limits = ["max-pre-login=10", "ldap-timeout=60s"]
        try withServer(limits, launcher: "ulimit -n 72; exec") { world in
            try world.directory.hang()
            var crowd: [Talk] = []
            for number in 1...60 {
                let talk = try world.talk(from: "127.0.9.\(number)")
                try talk.say("LOGIN\nnobody\(number)\nwrong\n")
                crowd.append(talk)
                try world.eventually("it has asked") { try world.charged() == number }
            }
            let last = try world.talk(from: "127.0.9.200")
            try last.say("LOGIN\nalice\nalice-secret\n")
            try world.eventually("the last one has asked") { try world.charged() == 61 }
            try world.directory.resume()
            #expect(try last.hears("OK\n"))
            try world.eventually("all have been carried out") { try world.logged("login-fail").count == 60 }
            #expect(!world.stage.lastLogLines(1000).contains { $0.contains(" ev=gatekeeper-full ") })
        }
    }

    /// T15: the gatekeeper keeps thirty-two of its descriptors back for bans and workers, however many wait.
    @Test func `sessions that wait for a verdict leave the gatekeeper descriptors to carry it out`() throws {
        try withServer(["ldap-timeout=4s"], launcher: "ulimit -n 100; exec") { world in
            try world.directory.hang()
            let crowd = try (1...90).map { try world.talk(from: "127.0.10.\($0)") }
            for (number, talk) in crowd.enumerated() { try talk.say("LOGIN\nnobody\(number)\nwrong\n") }
            _ = try world.logged("gatekeeper-full")
            let gatekeeper = try #require(world.gatekeeper())
            var most: Int32 = 0
            try world.eventually("all have waited in vain") {
                most = max(most, try descriptors(of: gatekeeper).max() ?? 0)
                return try crowd.allSatisfy {
                    try Clock.system.wait(for: .readable, on: $0.socket.number, until: .zero)
                }
            }
            for talk in crowd { #expect(try talk.hears("ERR\n")) }
            #expect((60..<70).contains(most), "\(most)")
        }
    }

    /// T15
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `without a descriptor for the next client the server waits, does not spin, and goes on`() throws {
        try withServer { world in
            let supervisor = world.server.leader
            let inside = try world.talk()
            try inside.login("alice")
            let open = try descriptors(of: supervisor)
            try setOpenFiles(Int(try #require((0..<100).first { !open.contains($0) })), of: supervisor)
            let waiting = try world.talk(from: "127.0.0.2")
            try waiting.say("LOGIN\nbob\nbob-secret\n")
            _ = try world.logged("accept-paused", "reason=Too")
            let (began, spent) = (Clock.system.now(), try processorTime(of: supervisor))
            while Clock.system.now() - began < .seconds(1) {
                try inside.say("LIST\n")
                #expect(try inside.hears("0\n"))
            }
            let share =
                Double(try processorTime(of: supervisor) - spent)
                / Double((Clock.system.now() - began).wholeNanoseconds)
            #expect(share < 0.05, "\(share) of a processor")
            #expect(try world.logged("accept-paused").count == 1)
            try setOpenFiles(256, of: supervisor)
            #expect(try waiting.hears("OK\n"))
        }
    }

    /// T15, T16, T17
    @Test(
        .enabled(if: FaultInjection.isPossible, FaultInjection.condition),
        arguments: [
            "accept4:error=ECONNABORTED:when=1+2", "accept4:error=EPROTO:when=1+2", "accept4:error=EINTR:when=1+2",
            "accept4:error=ENFILE:when=1..2", "accept4:error=ENOBUFS:when=1..2",
        ])
    func `a call of the supervisor's that fails delays a client and nothing else`(fault: String) throws {
        try withServer { world in
            let injection = try FaultInjection([fault], in: world.server.leader)
            for turn in 1...3 { #expect(try world.login("alice", "alice-secret", from: "127.0.0.\(turn)") == "OK\n") }
            let failed = try injection.end()
            #expect(!failed.isEmpty)
        }
    }

    /// T17
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `a client for whom there is no process is closed, and the next is served`() throws {
        try withServer { world in
            let injection = try FaultInjection(["clone:error=EAGAIN:when=1"], in: world.server.leader)
            #expect(try world.talk(from: "127.0.0.2").isAtEnd())
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.2") == "OK\n")
            #expect(try injection.end().count == 1)
            _ = try world.logged("conn-refused", "reason=fork:", "ip=127.0.0.2")
        }
    }

    @Test func `thirty-two descriptors are enough to serve`() throws {
        try withServer(launcher: "ulimit -n 32; exec") { world in
            let reply = try world.login("alice", "alice-secret", from: "127.0.0.2")
            #expect(reply == "OK\n")
        }
    }

    @Test func `closed standard descriptors are no sockets`() throws {
        try withServer(launcher: "exec 0<&- 1>&- 2>&-; exec") { world in
            let talk = try world.talk()
            try talk.say("LOGIN\nalice\nalice-secret\nLOGIN\nx\ny\nLIST\nQUIT\n")
            #expect(try talk.hear(bytes: 1000) == Array("OK\nERR\n0\n".utf8), "no line of the log among them")
        }
    }

    /// On a full disk people still read and delete.
    @Test func `a log that takes no line keeps no server from its start`() throws {
        try withServer(launcher: "exec 2>/dev/full; exec") { world in
            let answer = try world.login("alice", "alice-secret", from: "127.0.0.1")
            #expect(answer == "OK\n")
        }
    }

    /// A terminal after ^S, or a program that has stopped reading; how much is logged is for strangers to say.
    @Test func `a log that nobody reads stops neither the server nor its end`() throws {
        let folder = try makeTemporaryFolder("/tmp/tw-log")
        defer { try? removeTree(folder) }
        try #require(try Spawn("mkfifo", [folder + "/log"]).output().ending == .exited(0))
        let log = try Posix.Directory.open(path: folder).open("log", .readOnly)
        try withServer(launcher: "exec 2>\(folder)/log; head -c 65536 /dev/zero >&2; exec") { world in
            #expect(try world.login("alice", "wrong", from: "127.0.0.2") == "ERR\n")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.1") == "OK\n")
            var filling = [UInt8](repeating: 1, count: 65_536)
            #expect(try read(log.number, into: &filling, at: 0..<filling.count) == filling.count)
            #expect(filling.allSatisfy { $0 == 0 }, "no line is in between")
            #expect(try world.login("bob", "bob-secret", from: "127.0.0.1") == "OK\n")
            var count = 0
            try world.eventually("the line of the login is there") {
                count += (try? read(log.number, into: &filling, at: count..<filling.count)) ?? 0
                return String(decoding: filling[..<count], as: UTF8.self).contains(" user=bob\n")
            }
            let lines = String(decoding: filling[..<count], as: UTF8.self).split(separator: "\n")
            #expect(lines[0].contains(" ev=log-lost "), "\(lines)")
            try world.server.leader.send(signal: Signals.terminate)
            try world.eventually("it ends") { world.server.ended() == .exited(0) }
        }
    }

    /// Such as a service manager gives: a socket cannot be opened anew.
    @Test func `a log that is a full socket stops neither the server nor its end`() throws {
        let folder = try makeTemporaryFolder("/tmp/tw-log")
        defer { try? removeTree(folder) }
        let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        let fill = """
            import os, select, socket, sys
            log = socket.create_connection(("127.0.0.1", \(try Sockets.localAddress(listener.number).port)))
            log.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            log.setblocking(False)
            refusals = 0
            while refusals < 5:
                try:
                    log.send(bytes(16))
                    refusals = 0
                except BlockingIOError:
                    refusals += 1
                    select.select([], [log], [], 0.1)
            log.setblocking(True)
            os.dup2(log.fileno(), 2)
            os.execv(sys.argv[1], sys.argv[1:])
            """
        try writeFile(folder + "/fill", Array(fill.utf8))
        try withServer(launcher: "exec python3 \(folder)/fill") { world in
            #expect(try world.login("alice", "wrong", from: "127.0.0.2") == "ERR\n")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.1") == "OK\n")
            try world.server.leader.send(signal: Signals.terminate)
            try world.eventually("it ends") { world.server.ended() == .exited(0) }
        }
    }

    /// A blocked signal wakes nobody, and a program inherits what its starter has blocked.
    @Test func `signals that were blocked at the start end sessions and server all the same`() throws {
        try withServer(launcher: "exec env --block-signal") { world in
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.1") == "OK\n")
            try world.eventually("the session is seen off") { world.sessions().isEmpty }
            try world.server.leader.send(signal: Signals.terminate)
            var ending: Ending?
            try world.eventually("the server ends") {
                ending = world.server.ended()
                return ending != nil
            }
            #expect(ending == .exited(0))
        }
    }
}
