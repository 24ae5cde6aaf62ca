/// Clients that take their time, and the deadlines they meet; in virtual time.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `A client that takes too long` {
    /// T11
    @Test func `to log in, is closed whatever it sends, while others are served`() throws {
        try withServer(["login-timeout=1h", "frame-timeout=3h"]) { world in
            let slow = try (1...64).map { _ in try world.talk(from: "127.0.0.41") }
            for talk in slow { try talk.say("L") }
            try world.eventually("all sessions have begun") { try slow.allSatisfy { try $0.unread() == 0 } }
            world.stage.clock.advance(by: .seconds(3000))
            for talk in slow { try talk.say("O") }
            for source in ["127.0.0.41", "127.0.0.42"] {
                #expect(try world.login("alice", "alice-secret", from: source) == "OK\n")
            }
            try world.eventually("all slow ones are still there") { world.sessions().count == 64 }
            world.stage.clock.advance(by: .seconds(601))
            for talk in slow { #expect(try talk.isAtEnd()) }
            #expect(try world.logged("timeout", "phase=login", "ip=127.0.0.41").count == 64)
        }
    }

    /// T11: what was said at once is never waited for, but each LOGIN is, by who asks a silent directory.
    @Test func `to log in, hears no more answers than fit in the time, however many logins it has sent at once`() throws
    {
        try withServer(["login-timeout=1s", "ldap-timeout=1s"]) { world in
            try world.directory.hang()
            let talk = try world.talk()
            try talk.say(String(repeating: "LOGIN\nalice\nwrong\n", count: 20))
            let heard = try talk.hear(bytes: 80)
            #expect((4...40).contains(heard.count), "\(heard.count / 4) answers, at a second each")
            _ = try world.logged("timeout", "phase=login")
        }
    }

    @Test func `for the next command, or inside one, is closed`() throws {
        try withServer { world in
            let idle = try world.talk()
            try idle.login("alice")
            world.stage.clock.advance(by: .seconds(500))
            let half = try world.talk()
            try half.login("bob")
            try half.say("SEND\nalice\n")
            try idle.say("LIST\n")
            #expect(try idle.hears("0\n"))
            // The session may look at the clock a moment later than it reads.
            try world.eventually("the half command is given up") {
                world.stage.clock.advance(by: .seconds(61))
                try idle.say("LIST\n")
                #expect(try idle.hears("0\n"))
                return try half.hasSomething()
            }
            #expect(try half.isAtEnd())
            _ = try world.logged("timeout", "phase=command", "user=bob")
            try world.eventually("the idle client is given up") {
                world.stage.clock.advance(by: .seconds(601))
                return try idle.hasSomething()
            }
            #expect(try idle.isAtEnd())
            _ = try world.logged("timeout", "phase=idle", "user=alice")
        }
    }

    /// T12
    @Test func `with a message is closed and nothing of it stays; five hundred bytes a second are fast enough`() throws
    {
        try withServer { world in
            let (slow, steady) = (try world.talk(), try world.talk())
            for (talk, user) in [(slow, "alice"), (steady, "bob")] {
                try talk.login(user)
                try talk.say("SEND\ncarol\n\(user)\n")
            }
            let block = String(repeating: String(repeating: "x", count: 99) + "\n", count: 310)
            for _ in 1...14 {
                try slow.say("x")
                try steady.say(block)
                try world.eventually("both are read") { try slow.unread() == 0 && steady.unread() == 0 }
                world.stage.clock.advance(by: .seconds(50))
            }
            try? slow.say("x")
            #expect(try slow.isAtEnd())
            _ = try world.logged("timeout", "phase=command", "user=alice")
            try steady.say("\n.\n")
            #expect(try steady.hears("OK\n"))
            #expect(try world.names("carol/new").count == 1)
            #expect(try world.names(".tmp").isEmpty)
        }
    }

    /// alice, who has sent herself a long message and asks for it; and the bytes of its text.
    private func readingTwentyMegabytes(_ world: ServerWorld) throws -> (talk: Talk, length: Int) {
        let block = Array(String(repeating: String(repeating: "x", count: 99) + "\n", count: 10_000).utf8)
        let talk = try world.talk()
        try talk.login("alice")
        try talk.say("SEND\nalice\nlong\n")
        for _ in 1...20 { try talk.say(block) }
        try talk.say(".\nREAD\n1\n")
        return (talk, 20 * block.count)
    }

    /// T13
    @Test func `to read a message is closed, and the message stays`() throws {
        try withServer { world in
            let (talk, length) = try readingTwentyMegabytes(world)
            #expect(try talk.hears("OK\nOK\n"))
            try world.eventually("the session gives up") {
                world.stage.clock.advance(by: .seconds(61))
                return world.sessions().isEmpty
            }
            _ = try world.logged("timeout", "phase=reply", "user=alice")
            let again = try world.talk()
            try again.login("alice")
            try again.say("READ\n1\n")
            let head = "OK\nalice\nalice\nlong\n"
            let message = try again.hear(bytes: head.utf8.count + length + 2)
            #expect(
                message.count == head.utf8.count + length + 2 && message.suffix(3).elementsEqual("\n.\n".utf8)
            )
        }
    }

    /// T13: poll(2) tells of room only when a third of the socket's buffer is free, which takes such a client minutes.
    @Test func `to read a message but reads it is not closed`() throws {
        try withServer { world in
            let (talk, length) = try readingTwentyMegabytes(world)
            #expect(try talk.hears("OK\nOK\nalice\nalice\nlong\n"))
            var heard = 0
            try world.eventually("the session waits for room") { try talk.unsent() > 1_000_000 }
            for _ in 1...4 {
                let before = try talk.unsent()
                try world.eventually("some bytes more are taken") {
                    heard += try talk.hear(bytes: 1000).count
                    return try talk.unsent() < before
                }
                world.stage.clock.advance(by: .seconds(50))
            }
            let rest = try talk.hear(bytes: length + 2 - heard)
            #expect(rest.count == length + 2 - heard && rest.suffix(3).elementsEqual("\n.\n".utf8))
        }
    }
}

extension Talk {
    /// Bytes or the end.
    func hasSomething() throws -> Bool { try Clock.system.wait(for: .readable, on: socket.number, until: .zero) }

    /// Bytes that the server's end has written and we have not taken.
    func unsent() throws -> Int {
        try SocketTable().unsent(
            atPeerOf: Sockets.localAddress(socket.number), remote: TCPAddress("127.0.0.1", port: port)!)
    }

    /// Bytes that the server's end has not read yet.
    func unread() throws -> Int {
        try SocketTable().unread(
            atPeerOf: Sockets.localAddress(socket.number), remote: TCPAddress("127.0.0.1", port: port)!)
    }
}
