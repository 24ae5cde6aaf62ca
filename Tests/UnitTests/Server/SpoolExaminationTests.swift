/// What `--check` finds in a spool, and that it leaves everything as it is.

import Foundation
import MailCore
import Posix
import SystemPackage
import Testing
import Transcript

@testable import Gatekeeper
@testable import Spool

@Suite struct `Examining a spool` {
    private func examined(_ world: SpoolWorld) throws -> SpoolExamination {
        let before = try everything(world.path)
        let found = try #require(try Spool.examine(path: world.path, clock: .system))
        #expect(try everything(world.path) == before, "nothing is changed")
        return found
    }

    /// Every name with what lstat(2) tells of it.
    private func everything(_ path: String) throws -> [String: String?] {
        let names = try #require(FileManager.default.enumerator(atPath: path)).compactMap { $0 as? String }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, fingerprint(path + "/" + $0)) })
    }

    /// A spool with two messages of bob's, as a stopped server leaves it.
    private func prepared() throws -> (SpoolWorld, messages: [String]) {
        let world = SpoolWorld()
        do {
            let spool = try world.open()
            for subject in ["first", "second"] { try spool.send(subject: subject) }
        }
        return (world, try #require(world.names("bob/new")).map { "bob/new/\($0)" })
    }

    @Test func `finds nothing where a server has stopped in good order`() throws {
        let (world, _) = try prepared()
        let found = try examined(world)
        #expect(found.mailboxes == 1 && found.messages == 2)
        #expect(found.damages == [] && found.notes == [])
    }

    @Test func `says that a spool that is not there is not there, and makes none`() throws {
        let world = SpoolWorld()
        #expect(try Spool.examine(path: world.path, clock: .system) == nil)
        #expect(world.names("") == nil)
    }

    @Test func `finds a message that is shorter than its name says, and one that is no file`() throws {
        let (world, messages) = try prepared()
        try world.write(Array("alice\nbob\n".utf8), to: messages[0])
        try world.replace(messages[1], byLinkTo: "/etc/hostname")
        let found = try examined(world)
        #expect(found.damages.count == 2, "\(found.damages)")
        #expect(found.damages.contains { $0.hasPrefix(messages[0]) && $0.contains("10 bytes, its name says") })
        #expect(found.damages.contains { $0.hasPrefix(messages[1]) && $0.contains("READ answers ERR") })
    }

    @Test(arguments: [
        ("alice\nbob\nfirst\nhello\n.\n", "alice\ncarol\nfirst\nhel\n.\n", "no header of three lines to bob"),
        ("alice\nbob\nfirst\nhello\n.\n", "alice\nbob\nfirst\nhello..\n", "no final dot"),
        ("alice\nbob\nfirst\nhello\n.\n", String(repeating: "\0", count: 24), "no final dot: READ answers ERR"),
    ])
    func `finds content that is none of ours in a file of the right length`(
        before: String, after: String, fault: String
    ) throws {
        let (world, messages) = try prepared()
        #expect(world.bytes(messages[0]) == Array(before.utf8))
        try world.write(Array(after.utf8), to: messages[0])
        let found = try examined(world)
        #expect(found.damages.count == 1 && found.damages[0].contains(fault), "\(found.damages)")
    }

    @Test func `finds mail that others may read, and a mailbox that others may write`() throws {
        let (world, messages) = try prepared()
        try world.setMode(0o644, of: messages[0])
        #expect(try examined(world).damages.map { $0.contains("chmod 600") } == [true])
        try world.setMode(0o777, of: "bob")
        #expect(try examined(world).damages == ["bob: somebody else's, or writable by others: its commands answer ERR"])
    }

    @Test func `tells the draft of a dead writer from that of a living one`() throws {
        let (world, _) = try prepared()
        try world.write(Array("half".utf8), to: ".tmp/0123456789abcdef")
        try FileManager.default.createDirectory(atPath: world.path + "/.tmp/folder", withIntermediateDirectories: false)
        let folder = try Directory.open(path: world.path + "/.tmp")
        let living = try folder.create("fedcba9876543210", .readWrite, exclusive: true)
        try lock(living.number, .exclusive)
        #expect(
            try examined(world).notes == [
                ".tmp/0123456789abcdef: its writer is gone: a start removes it",
                ".tmp/fedcba9876543210: its writer lives",
                ".tmp/folder: no draft: left alone",
            ])
        // A start does what was said.
        _ = try world.open()
        #expect(world.names(".tmp") == ["fedcba9876543210", "folder"])
        try unlock(living.number)
    }

    @Test func `says what becomes of an index that is not believed`() throws {
        let (world, _) = try prepared()
        let index = try #require(world.bytes("bob/index"))
        func note(_ change: () throws -> Void) throws -> [String] {
            try change()
            defer { try? world.write(index, to: "bob/index") }
            let found = try examined(world)
            #expect(found.damages == [])
            return found.notes
        }
        #expect(
            try note { try world.write([1] + index.dropFirst(), to: "bob/index") }
                == ["bob/index is torn: made from the files"])
        #expect(try note { try world.remove("bob/index") } == ["bob has no index: made from the files"])
        var header = try #require(IndexHeader(Array(index.prefix(IndexHeader.length))))
        header.isClean = false
        let dirty = header.bytes + index.dropFirst(IndexHeader.length)
        #expect(try note { try world.write(dirty, to: "bob/index") } == ["bob/index is dirty: made from the files"])
        header.isClean = true
        header.bootID = Array("another".utf8)
        let foreign = header.bytes + index.dropFirst(IndexHeader.length)
        #expect(
            try note { try world.write(foreign, to: "bob/index") }
                == ["bob/index is of another boot: made from the files"])
        #expect(
            try note { try world.write(index.dropLast(), to: "bob/index") }
                == ["bob/index holds other records than its header says: made from the files"])
    }

    @Test func `finds an index that would be believed and is wrong`() throws {
        let (world, _) = try prepared()
        var index = try #require(world.bytes("bob/index"))
        index[IndexHeader.length + 12] ^= 1  // of the first record's random number
        try world.write(index, to: "bob/index")
        #expect(try examined(world).damages == ["bob/index does not show what is in new/: run touch on new/"])
    }

    @Test func `leaves alone what is not the spool's and says so`() throws {
        let (world, _) = try prepared()
        try world.write([1], to: "bob/new/README")
        try world.write([1], to: "Notes.txt")
        for folder in ["carol", "carol/new", "dave"] {
            try FileManager.default.createDirectory(
                atPath: world.path + "/" + folder, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }
        let notes = try examined(world).notes
        #expect(notes.contains("Notes.txt is no user's name: left alone"))
        #expect(notes.contains("bob/new/README is no message's name: left alone"))
        #expect(notes.contains("carol has no lock: the next to come syncs the folders"))
        #expect(notes.contains("dave has no new/: LIST says 0, the next SEND makes it"))
    }

    @Test func `says of the bans which are torn, over, or not yet written`() throws {
        let world = SpoolWorld()
        let state = world.path + "/.gate"
        for folder in [world.path, state, state + "/bans"] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        let now = Moment(boot: Clock.system.now(), wall: Clock.system.wall(), bootID: Clock.system.bootID())
        func record(_ seconds: Int) -> [UInt8] { BanRecord(end: now.advanced(by: .seconds(seconds))).encoded() }
        try world.write(record(50), to: ".gate/bans/127.0.0.1")
        try world.write(record(-1), to: ".gate/bans/127.0.0.2")
        try world.write(record(50).dropLast(100), to: ".gate/bans/127.0.0.3")
        let address = try #require(ClientAddress(text: "127.0.0.4"))
        let pair = LoginPair(address: address, user: spoolUser("alice"))
        try world.write(
            StateRecord.sealed(["charges", now.bootID]) + ChargeRecord(pair: pair, count: 3, last: now).encoded(),
            to: ".gate/charges")
        let before = try everything(world.path)
        let found = try StateExamination(path: state, clock: .system, rules: BanRules())
        #expect(try everything(world.path) == before)
        #expect(found.summary == "3 in force, 0 counters")
        #expect(
            found.notes == [
                "127.0.0.3: torn, a ban of full length from the start", "127.0.0.2: over, its file goes at the start",
                "127.0.0.4: charged to the full and not banned, a ban that the start writes",
            ])
    }
}
