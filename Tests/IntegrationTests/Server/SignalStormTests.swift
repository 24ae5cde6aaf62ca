/// Every process of the server under a storm of signals (T31): system calls are cut short, and nobody notices.

import Engine
import Posix
import Synchronization
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `A storm of signals` {
    @Test func `ends no process, shortens no mail and miscounts no login`() throws {
        try withServer { world in
            let talk = try world.talk(from: "127.0.0.81")
            try talk.login("alice")
            let family = world.server.tree.alive
            #expect(family.count == 4, "supervisor, session, gatekeeper, worker")
            let storm = try SignalStorm(over: family)
            defer { storm.end() }
            let text = (0..<20_000).map { "line \($0) of a text that must come back as it went\n" }.joined()
            var rounds = 0
            while storm.gusts < 1000 || rounds < 3 {
                rounds += 1
                try talk.say("SEND\nalice\nround \(rounds)\n\(text).\n")
                #expect(try talk.hears("OK\n"))
                try talk.say("LIST\nREAD\n1\nDEL\n1\n")
                #expect(try talk.hears("1\nround \(rounds)\nOK\nalice\nalice\nround \(rounds)\n\(text).\nOK\n"))
                #expect(try world.login("bob", "bob-secret", from: "127.0.0.82") == "OK\n")
            }
            for _ in 1...3 { #expect(try world.login("alice", "wrong", from: "127.0.0.83") == "ERR\n") }
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.83") == "ERR\n")
            storm.end()
            #expect(Set(family).isSubset(of: world.server.tree.alive))
            #expect(try world.logged("login-fail").count == 3)
        }
    }
}

/// Until its end, every millisecond: each process is stopped and let go, which breaks off what it waits in, and gets
/// the signal of a child's end, which the supervisor catches.
private final class SignalStorm: Sendable {
    private static let signals: [Int32] = [19, 18, Signals.child]

    private let isOver = Mutex(false)
    private let count = Mutex(0)
    private let thread = Mutex<Thread?>(nil)

    init(over processes: [ProcessID]) throws {
        let started = try Thread.start { [self] in
            while !isOver.withLock({ $0 }) {
                for process in processes { for signal in Self.signals { try? process.send(signal: signal) } }
                count.withLock { $0 += 1 }
                var none: [PollEntry] = []
                _ = try? Clock.system.poll(&none, until: Clock.system.now() + .milliseconds(1))
            }
        }
        thread.withLock { $0 = started }
    }

    var gusts: Int { count.withLock { $0 } }

    func end() {
        isOver.withLock { $0 = true }
        thread.withLock { $0.take() }?.join()
    }
}
