/// Gatekeeper, worker and supervisor that hang or die: who waits is answered, nothing goes uncounted.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `When a process of the server fails` {
    @Test func `a gatekeeper that hangs costs the time limit and no attempt`() throws {
        try withServer(["ldap-timeout=500ms"]) { world in
            let gatekeeper = try #require(world.gatekeeper())
            try gatekeeper.send(signal: Signals.stop)
            let waiting = try (1...4).map { _ in try world.talk(from: "127.0.0.51") }
            for talk in waiting { try talk.say("LOGIN\nalice\nwrong\n") }
            for talk in waiting { #expect(try talk.hears("ERR\n")) }
            #expect(try world.directory.binds() == 0)
            try gatekeeper.send(signal: Signals.resume)
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.51") == "OK\n")
        }
    }

    /// T3: what it had charged stays charged, as after its death.
    @Test func `a gatekeeper that hangs while the directory is asked is replaced, never by one beside it`() throws {
        try withServer { world in
            for _ in 1...2 { #expect(try world.login("alice", "wrong", from: "127.0.0.59") == "ERR\n") }
            let (talk, _) = try askInVain(world, from: "127.0.0.59")
            let hung = try #require(world.gatekeeper())
            try hung.send(signal: Signals.stop)
            #expect(try talk.hears("ERR\n"))
            try world.directory.resume()
            var most = 0
            try world.eventually("another gatekeeper runs") {
                let running = world.gatekeepers()
                most = max(most, running.count)
                return !running.isEmpty && !running.contains(hung)
            }
            #expect(most == 1)
            _ = try world.logged("gatekeeper-hangs", " critical ")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.59") == "ERR\n", "three charges are a ban")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.60") == "OK\n")
        }
    }

    @Test(arguments: [Signals.stop, Signals.kill])
    func `a worker that hangs or dies costs one login and no attempt`(signal: Int32) throws {
        try withServer(["ldap-timeout=2s"]) { world in
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.52") == "OK\n")
            for _ in 1...4 {
                let (talk, worker) = try askInVain(world, from: "127.0.0.52")
                try worker.send(signal: signal)
                #expect(try talk.hears("ERR\n"))
                try world.directory.resume()
                try world.eventually("it is replaced") { !world.workers().contains(worker) }
            }
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.52") == "OK\n")
        }
    }

    /// T3
    @Test func `a gatekeeper killed while the directory is asked leaves the charge and an answer`() throws {
        try withServer { world in
            #expect(try world.login("bob", "bob-secret", from: "127.0.0.54") == "OK\n")
            for _ in 1...3 {
                let (talk, _) = try askInVain(world, from: "127.0.0.53")
                let gatekeeper = try #require(world.gatekeeper())
                try gatekeeper.send(signal: Signals.kill)
                #expect(try talk.hears("ERR\n"))
                try world.directory.resume()
                try world.eventually("another gatekeeper runs") { world.gatekeeper().map { $0 != gatekeeper } ?? false }
            }
            #expect(try world.login("bob", "bob-secret", from: "127.0.0.54") == "OK\n")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.53") == "ERR\n", "three charges are a ban")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.54") == "OK\n")
        }
    }

    @Test func `a supervisor that dies takes a gatekeeper that hangs with it, and the next server has the bans`() throws
    {
        try withServer { world in
            for _ in 1...3 { #expect(try world.login("alice", "wrong", from: "127.0.0.55") == "ERR\n") }
            for hangs in [true, false] {
                let gatekeeper = try #require(world.gatekeeper())
                if hangs { try gatekeeper.send(signal: Signals.stop) }
                let port = world.server.port
                try world.server.leader.send(signal: Signals.kill)
                _ = try world.server.leader.wait()
                // At once, with whatever is still there of the old one.
                try world.start()
                #expect(world.server.port != port || !world.server.tree.alive.contains(gatekeeper))
                #expect(try world.login("alice", "alice-secret", from: "127.0.0.55") == "ERR\n")
                #expect(try world.login("alice", "alice-secret", from: "127.0.0.56") == "OK\n")
                #expect(fingerprint("/proc/\(gatekeeper)/fd/3") == nil, "the old gatekeeper is gone")
            }
        }
    }

    /// A ban that cannot be written holds here, and from its charges after a kill (fail closed).
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `a ban that cannot be written is a ban`() throws {
        try withServer { world in
            let gatekeeper = try #require(world.gatekeeper())
            let injection = try FaultInjection(["fsync:error=ENOSPC"], in: gatekeeper)
            for _ in 1...3 { #expect(try world.login("alice", "wrong", from: "127.0.0.57") == "ERR\n") }
            _ = try world.logged("state-error", "what=ban", "ip=127.0.0.57", " critical ")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.57") == "ERR\n")
            try gatekeeper.send(signal: Signals.kill)
            #expect(try injection.line() != nil)
            try world.eventually("another gatekeeper runs") { world.gatekeeper().map { $0 != gatekeeper } ?? false }
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.57") == "ERR\n")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.58") == "OK\n")
        }
    }

    /// T30, T31, T32: each call of a SEND that fails, at the disk.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `a disk that fails is ERR, leaves nothing, and is asked once`() throws {
        let faults = [
            "fsync:error=EIO:when=1", "fsync:error=EIO:when=2+", "write:error=ENOSPC", "write:retval=1",
            "openat:error=EMFILE", "linkat:error=EDQUOT",
        ]
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nbob\nfirst\n.\n")
            #expect(try talk.hears("OK\n"))
            let session = try #require(world.sessions().first)
            for fault in faults {
                let injection = try FaultInjection([fault], in: session)
                try talk.say("SEND\nbob\n\(fault)\nsome text\n.\nLIST\n")
                let reply = try talk.hear(bytes: 4)
                #expect(reply == Array("ERR\n".utf8), "\(fault)")
                // LIST, too, opens files.
                _ = try talk.hear(bytes: fault.hasPrefix("openat") ? 4 : 2)
                let calls = try injection.end()
                #expect(!calls.isEmpty, "\(fault)")
                if fault.hasPrefix("fsync:error=EIO:when=1") { #expect(calls.count == 1) }
                #expect(try world.names(".tmp").isEmpty && world.names("bob/new").count == 1, "\(fault)")
                _ = try world.logged("send-failed", "user=alice")
            }
            try talk.say("SEND\nbob\nlast\n.\n")
            #expect(try talk.hears("OK\n"))
            #expect(try world.names("bob/new").count == 2)
        }
    }

    /// H30: killed before and after the link, and while a message is being removed.
    @Test(
        .enabled(if: FaultInjection.isPossible, FaultInjection.condition),
        arguments: ["linkat:signal=KILL", "fsync:signal=KILL:when=2", "unlinkat:signal=KILL:when=1"])
    func `a session killed with the mailbox's lock in its hand keeps nobody from the mailbox`(fault: String) throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nalice\nkept\n.\n")
            #expect(try talk.hears("OK\n"))
            let injection = try FaultInjection([fault], in: try #require(world.sessions().first))
            try talk.say("SEND\nalice\nlost, or not\n.\nDEL\n9\n")
            #expect(try talk.isAtEnd())
            _ = try injection.line()
            let next = try world.talk()
            try next.login("alice")
            try next.say("SEND\nalice\nlast\n.\n")
            #expect(try next.hears("OK\n"))
            try next.say("LIST\n")
            let list = String(decoding: try next.hear(bytes: 7), as: UTF8.self)
            #expect(["2\nkept\n", "3\nkept\n"].contains(list), "\(list)")
        }
    }

    @Test func `a file that may not grow is ERR, and shorter mail goes on`() throws {
        try withServer(launcher: "ulimit -f 2000; exec") { world in
            let talk = try world.talk()
            try talk.login("alice")
            let block = Array(String(repeating: String(repeating: "x", count: 99) + "\n", count: 11_000).utf8)
            try talk.say("SEND\nbob\nlong\n")
            try talk.say(block)
            try talk.say(".\nSEND\nbob\nshort\n.\nQUIT\n")
            #expect(try talk.hears("ERR\nOK\n") && talk.isAtEnd())
            #expect(try world.names(".tmp").isEmpty && world.names("bob/new").count == 1)
        }
    }

    /// A wrong LOGIN that a worker has put to the directory. As that is asleep, the verdict is under way for as long as it
    /// takes to say who is asked.
    private func askInVain(_ world: ServerWorld, from address: String) throws -> (talk: Talk, worker: ProcessID) {
        try world.directory.hang()
        let talk = try world.talk(from: address)
        try talk.say("LOGIN\nalice\nwrong\n")
        return (talk, try busyWorker(of: world))
    }

    /// The worker that has been given a question: it is told by its gatekeeper's charge, and waits for the directory.
    private func busyWorker(of world: ServerWorld) throws -> ProcessID {
        var busy: ProcessID?
        try world.eventually("a worker asks the directory") {
            busy = world.workers().first { isWaitingForTheDirectory($0) }
            return busy != nil
        }
        return try #require(busy)
    }
}

/// Whether a worker waits in a system call whose first argument is not the gatekeeper's socket (proc(5), syscall).
private func isWaitingForTheDirectory(_ worker: ProcessID) -> Bool {
    let text = String(decoding: (try? readFile("/proc/\(worker)/syscall")) ?? [], as: UTF8.self)
    let fields = text.split(separator: " ")
    return fields.count > 2 && fields[1] != "0x3"
}
