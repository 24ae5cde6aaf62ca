/// The gatekeeper where no transcript looks: killed, kept waiting, given the wrong CA, and its memory.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct GatekeeperTests {
    @Test func `killed between two failures and the third it bans all the same, and its workers end with it`() throws {
        try withServer { world in
            let source = "127.0.0.21"
            for _ in 0..<2 { #expect(try world.login("alice", "wrong", from: source) == "ERR\n") }
            let first = try #require(world.gatekeeper())
            let orphans = world.workers()
            #expect(!orphans.isEmpty)
            try first.send(signal: Signals.kill)
            try world.eventually("the workers end") {
                orphans.allSatisfy { orphan in !world.server.tree.members.contains { $0.pid == orphan } }
            }
            try world.eventually("another gatekeeper runs") { world.gatekeeper().map { $0 != first } ?? false }
            #expect(try world.login("alice", "wrong", from: source) == "ERR\n")
            try world.directory.markBinds()
            #expect(try world.login("alice", "alice-secret", from: source) == "ERR\n")
            #expect(try world.directory.binds() == 0, "an address that is banned asks nobody")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.22") == "OK\n")
        }
    }

    @Test func `a file of charges that is as long as a disk is read as far as it can be ours`() throws {
        try withServer { world in
            for _ in 1...2 { #expect(try world.login("alice", "wrong", from: "127.0.0.29") == "ERR\n") }
            world.server.kill()
            let charges = world.stage.spool + "/.gate/charges"
            #expect(try Spawn("truncate", ["-s", "1T", charges]).output().ending == .exited(0))
            try world.start()
            #expect(try world.login("alice", "wrong", from: "127.0.0.29") == "ERR\n")
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.29") == "ERR\n", "three charges are a ban")
        }
    }

    @Test func `a directory that does not answer costs the time limit, no attempt, and a worker that is replaced`()
        throws
    {
        try withServer(["ldap-timeout=2s"]) { world in
            let source = "127.0.0.23"
            #expect(try world.login("alice", "alice-secret", from: source) == "OK\n")
            let stuck = world.workers()
            try world.directory.hang()
            let start = Clock.system.now()
            let waiting = try (0..<4).map { _ in try world.talk(from: source) }
            for talk in waiting { try talk.say("LOGIN\nalice\nwrong\nQUIT\n") }
            for talk in waiting { #expect(try talk.hears("ERR\n") && talk.isAtEnd()) }
            #expect(Clock.system.now() - start >= .seconds(2))
            try world.directory.resume()
            #expect(try world.login("alice", "alice-secret", from: source) == "OK\n")
            #expect(Set(world.workers()).isDisjoint(with: stuck))
        }
    }

    /// CONC-1: a slow directory, and somebody who queues up questions under ever other names.
    @Test func `the address that asks once waits for its turn, not for all that another has asked`() throws {
        try withServer(["ldap-timeout=60s"]) { world in
            try world.directory.hang()
            let crowd = try (1...60).map { _ in try world.talk(from: "127.0.0.27") }
            for (number, talk) in crowd.enumerated() { try talk.say("LOGIN\nnobody\(number)\nwrong\n") }
            try world.eventually("each of the crowd has asked") { try world.charged() == 60 }
            let single = try world.talk(from: "127.0.0.28")
            try single.say("LOGIN\nalice\nalice-secret\n")
            try world.eventually("the single one has asked") { try world.charged() == 61 }
            try world.directory.resume()
            for talk in crowd { #expect(try talk.hears("ERR\n")) }
            #expect(try single.hears("OK\n"))
            var answers: [String] = []
            try world.eventually("all answers are in the log") {
                answers = world.stage.lastLogLines(1000).filter { $0.contains(" ev=login-") }
                return answers.count == 61
            }
            let place = try #require(answers.firstIndex { $0.contains(" ev=login-ok ") })
            #expect(place < 20, "answered after \(place) of the crowd")
        }
    }

    @Test func `a directory with a certificate of somebody else's never hears a password`() throws {
        // What everybody trusts on this machine; the throwaway directory's CA is not among it.
        let authorities = "/etc/ssl/certs/ca-certificates.crt"
        try #require((try? readFile(authorities)) != nil, "the package ca-certificates is missing")
        try withServer(["ldap-ca-file=\(authorities)"]) { world in
            try world.directory.markBinds()
            for _ in 0..<4 { #expect(try world.login("alice", "alice-secret", from: "127.0.0.24") == "ERR\n") }
            #expect(try world.directory.binds() == 0)
        }
    }

    /// /proc/PID/mem of a program that forbids dumps is root's alone.
    @Test(.enabled(if: effectiveUser() == 0))
    func `when the verdict is there, neither the gatekeeper nor a worker remembers the password`() throws {
        try withServer { world in
            #expect(try world.login("if23b001", "pw-if23b001", from: "127.0.0.25") == "OK\n")
            #expect(try world.login("alice", "not-quite-alice", from: "127.0.0.25") == "ERR\n")
            let gatekeeper = try #require(world.gatekeeper())
            let memory = try ([gatekeeper] + world.workers()).map { try ProcessMemory(of: $0) }
            #expect(memory.count >= 2)
            #expect(memory.allSatisfy { $0.contains("dc=technikum-wien") }, "the search would find something")
            for password in ["pw-if23b001", "not-quite-alice"] {
                #expect(memory.allSatisfy { !$0.contains(password) }, "\(password)")
            }
        }
    }
}

/// A copy of what a process may write to.
private struct ProcessMemory {
    private var regions: [[UInt8]] = []

    init(of process: ProcessID) throws {
        let memory = try openNamedFile("/proc/\(process)/mem")
        let maps = String(decoding: try readFile("/proc/\(process)/maps"), as: UTF8.self)
        for line in maps.split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            guard words[1].hasPrefix("rw"), ends.count == 2 else { continue }
            // A guard page cannot be read, and holds nothing.
            let region = try? readWhole(memory.number, count: ends[1] - ends[0], fromOffset: ends[0])
            if let region { regions.append(region) }
        }
    }

    func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return regions.contains { region in
            region.indices.dropLast(wanted.count - 1).contains { start in
                region[start] == wanted[0] && region[start..<(start + wanted.count)].elementsEqual(wanted)
            }
        }
    }
}
