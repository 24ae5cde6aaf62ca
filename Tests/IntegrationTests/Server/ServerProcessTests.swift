/// What the server's processes owe the machine: no zombie, no descriptor, no memory, no orphan.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `The server's processes` {
    private func descriptors(_ process: ProcessID) throws -> [String] {
        try Posix.Directory.open(path: "/proc/\(process)/fd").names().sorted()
    }

    /// PROC-1
    @Test func `a thousand short sessions leave no zombie and no descriptor`() throws {
        try withServer { world in
            let before = try descriptors(world.server.leader)
            for turn in 1...1000 {
                let talk = try world.talk(from: "127.0.\(turn % 200).7")
                try talk.say("LIST\nQUIT\n")
                #expect(try talk.hears("ERR\n"))
            }
            try world.eventually("the last session is seen off") { world.sessions().isEmpty }
            #expect(world.server.tree.zombies == 0)
            #expect(try descriptors(world.server.leader) == before)
        }
    }

    /// SEND-4, SEND-12, READ-1: what a session holds does not grow with the message.
    @Test func `a big message takes no more memory than a small one`() throws {
        try withServer { world in
            func peak(lines: Int) throws -> Int {
                let talk = try world.talk()
                try talk.login("alice")
                try talk.say("SEND\nalice\nbig\n")
                let block = Array(
                    repeating: Array("seventy bytes of text that are the same in each of the lines here.\n".utf8),
                    count: 1000)
                let bytes = Array(block.joined())
                for _ in 0..<(lines / 1000) { try talk.say(bytes) }
                try talk.say(".\nLIST\n")
                #expect(try talk.hears("OK\n1\nbig\n"))
                try talk.say("READ\n1\n")
                let size = "OK\nalice\nalice\nbig\n.\n".utf8.count + bytes.count * (lines / 1000)
                #expect(try talk.hear(bytes: size).suffix(3) == Array("\n.\n".utf8)[...])
                try talk.say("DEL\n1\n")
                #expect(try talk.hears("OK\n"))
                let session = try #require(world.sessions().first)
                return ProcessTree.peakResident(of: session)
            }
            let small = try peak(lines: 1000)
            try world.eventually("the first session ends") { world.sessions().isEmpty }
            let big = try peak(lines: 200_000)
            #expect(small > 0 && big < small + 1_048_576, "peak \(small) bytes for 67 KB, \(big) for 13 MB")
        }
    }

    /// What plays a session before the first client comes must not read anybody's mail: nobody would take it.
    @Test func `mail to whoever the rehearsal is named after does not hold up a start`() throws {
        try withServer(["write-timeout=168h"]) { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nrehearsal\nbig\n" + String(repeating: "x", count: 2_000_000) + "\n.\n")
            #expect(try talk.hears("OK\n"))
            try world.restart(["write-timeout=168h"])
            #expect(try world.login("alice", "alice-secret", from: "127.0.0.1") == "OK\n")
        }
    }

    /// T37: by hard links, of which a file on ext4 may have 65,000.
    @Test func `a hundred thousand messages are listed and the last of them is read`() throws {
        try withServer(inMemory: true) { world in
            let talk = try world.talk()
            try talk.login("alice")
            let subject = String(repeating: "\u{1F4EC}", count: 80)
            try talk.say("SEND\nalice\n\(subject)\n.\n")
            #expect(try talk.hears("OK\n"))
            let folder = try Posix.Directory.open(path: world.stage.spool + "/alice/new")
            let name = try #require(try folder.names().first)
            let size = try #require(name.split(separator: "=").last)
            for number in 2...100_000 {
                let digits = String(number)
                let sequence = String(repeating: "0", count: 10 - digits.count) + digits
                try folder.link(name, into: folder, as: "\(sequence).0123456789abcdef,S=\(size)")
            }
            let reply = "100000\n" + String(repeating: subject + "\n", count: 100_000)
            try talk.say("LIST\nREAD\n100000\nQUIT\n")
            #expect(try talk.hears(reply))
            #expect(try talk.hears("OK\nalice\nalice\n\(subject)\n.\n"))
            try world.eventually("the session that made the index has ended") { world.sessions().isEmpty }
            let next = try world.talk()
            try next.login("alice")
            try next.say("LIST\n")
            #expect(try next.hears(reply))
            let peak = ProcessTree.peakResident(of: try #require(world.sessions().first))
            #expect(peak > 0 && peak < reply.utf8.count * 3 / 2, "\(peak) bytes: the list and no copy of it")
        }
    }

    /// PROC-6
    @Test func `at TERM a command under way is finished, and everybody ends`() throws {
        try withServer { world in
            let (busy, idle) = (try world.talk(), try world.talk())
            try busy.login("alice")
            try idle.login("bob")
            try busy.say("SEND\nbob\nlate\nfirst half\n")
            try world.eventually("the draft is there") { try !world.names(".tmp").isEmpty }
            try world.server.leader.send(signal: Signals.terminate)
            #expect(try idle.isAtEnd())
            try busy.say("second half\n.\n")
            #expect(try busy.hears("OK\n") && busy.isAtEnd())
            var ending: Ending?
            try world.eventually("the server ends") {
                ending = world.server.ended()
                return ending != nil
            }
            #expect(ending == .exited(0))
            #expect(world.server.tree.alive.isEmpty)
            #expect(try world.names("bob/new").count == 1)
        }
    }

    @Test func `a killed supervisor takes sessions and gatekeeper with it`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            let family = world.server.tree.alive
            #expect(family.count >= 3)
            try world.server.leader.send(signal: Signals.kill)
            #expect(try talk.isAtEnd())
            try world.eventually("nobody is left") {
                _ = world.server.ended()
                return family.allSatisfy { !world.server.tree.alive.contains($0) }
            }
        }
    }

    @Test func `a killed gatekeeper is replaced, and no charge is forgotten`() throws {
        try withServer { world in
            for _ in 1...2 {
                let talk = try world.talk()
                try talk.say("LOGIN\nalice\nwrong\n")
                #expect(try talk.hears("ERR\n"))
            }
            let first = try #require(world.gatekeeper())
            try first.send(signal: Signals.kill)
            try world.eventually("another gatekeeper runs") { world.gatekeeper().map { $0 != first } ?? false }
            let talk = try world.talk()
            try talk.say("LOGIN\nalice\nwrong\nLOGIN\nalice\nalice-secret\n")
            #expect(try talk.hears("ERR\nERR\n"), "the third failure bans (BAN-1, BAN-16)")
        }
    }

    /// SECURITY T35: a session's crash is its client's affair only.
    @Test func `a session that crashes is told in the log and harms no other`() throws {
        try withServer { world in
            let other = try world.talk()
            try other.login("bob")
            let bystander = Set(world.sessions())
            let talk = try world.talk()
            try talk.login("alice")
            let session = try #require(world.sessions().first { !bystander.contains($0) })
            try session.send(signal: 11)
            #expect(try talk.isAtEnd())
            try other.say("LIST\n")
            #expect(try other.hears("0\n"))
            try world.eventually("the log tells") {
                world.stage.lastLogLines(20).contains {
                    $0.contains("ev=session-crash") && $0.contains("signal\\x3d11")
                }
            }
        }
    }

    /// LOGIN-9: connections to the directory stay open; one that broke is made anew.
    @Test func `a directory that was restarted is asked again`() throws {
        try withServer { world in
            try world.talk().login("alice")
            try world.directory.halt()
            let without = try world.talk()
            try without.say("LOGIN\nalice\nalice-secret\n")
            #expect(try without.hears("ERR\n"))
            try world.directory.resume()
            try world.talk().login("alice")
            #expect(try world.directory.binds() == 2)
        }
    }
}

extension ServerWorld {
    /// Names in a folder of the spool; empty when there is none.
    func names(_ folder: String) throws -> [String] {
        (try? Posix.Directory.open(path: stage.spool + "/" + folder))?.namesOrNone ?? []
    }
}

extension Posix.Directory {
    fileprivate var namesOrNone: [String] { (try? names()) ?? [] }
}
