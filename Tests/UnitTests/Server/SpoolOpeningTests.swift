/// Which folder may be a spool, and what is done with it at the start.

import Foundation
import Posix
import SystemPackage
import Testing
import Transcript

@testable import Spool

@Suite struct `Opening a spool` {
    @Test func `makes the folder for its owner alone, whatever the umask`() throws {
        let world = SpoolWorld()
        let old = umask(0)
        defer { umask(old) }
        let spool = try world.open()
        try spool.send()
        for folder in ["", ".tmp", "bob", "bob/new"] { #expect(try world.mode(folder) == 0o700) }
        let message = "bob/new/" + (try spool.list(spoolUser("bob")).ids[0].name)
        for file in [".lock", "bob/lock", "bob/index", message] { #expect(try world.mode(file) == 0o600) }
    }

    @Test func `finds the mail of the server before`() throws {
        let world = SpoolWorld()
        do { try world.open().send(subject: "before") }
        let spool = try world.open()
        try spool.send(subject: "after")
        #expect(try spool.subjects() == ["before", "after"])
    }

    @Test func `refuses a file`() throws {
        let world = SpoolWorld()
        try Data("x".utf8).write(to: URL(fileURLWithPath: world.path))
        #expect(throws: SpoolFailure.unusable(path: world.path, .notADirectory)) { try world.open() }
    }

    @Test(arguments: [0o720, 0o702, 0o777])
    func `refuses a folder that others may write, and leaves it as it is`(mode: Int) throws {
        let world = SpoolWorld()
        try FileManager.default.createDirectory(atPath: world.path, withIntermediateDirectories: false)
        try world.setMode(mode, of: "")
        #expect(throws: SpoolFailure.unusable(path: world.path, .writableByOthers(mode: UInt32(mode)))) {
            try world.open()
        }
        #expect(world.names("") == [])
    }

    @Test(.enabled(if: effectiveUser() == 0, "only root can give a folder away"))
    func `refuses a folder of somebody else`() throws {
        let world = SpoolWorld()
        try FileManager.default.createDirectory(atPath: world.path, withIntermediateDirectories: false)
        #expect(chown(world.path, 12345, 12345) == 0)
        #expect(throws: SpoolFailure.unusable(path: world.path, .notOurs(owner: 12345, us: 0))) { try world.open() }
        #expect(world.names("") == [])
    }

    @Test func `does not make the folders above`() throws {
        let world = SpoolWorld()
        let path = world.path + "/deeper"
        #expect(throws: SpoolFailure.unusable(path: path, .cannotCreate(.noSuchFileOrDirectory))) {
            try Spool.open(path: path, clock: .system)
        }
        #expect(world.names("") == nil)
    }

    @Test func `takes a path with a slash at its end`() throws {
        let world = SpoolWorld()
        let spool = try Spool.open(path: world.path + "/", clock: .system)
        try spool.send()
        #expect(world.names("bob/new")?.count == 1)
    }

    @Test func `removes the draft of a dead writer and keeps that of a living one`() throws {
        let world = SpoolWorld()
        let old = try world.open()
        var draft = try old.draft(sender: spoolUser("alice"), receiver: spoolUser("bob"), subject: .init([])!)
        let living = try #require(world.names(".tmp"))
        try world.write(Array("half a mail".utf8), to: ".tmp/0123456789abcdef")
        let new = try world.open()
        #expect(world.names(".tmp") == living)
        try draft.append(Array(".\n".utf8).span)
        try draft.deliver()
        #expect(try new.list(spoolUser("bob")).ids.count == 1)
    }

    @Test func `refuses a link for its drafts`() throws {
        let (world, other) = (SpoolWorld(), SpoolWorld())
        do { _ = try world.open() }
        try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: false)
        try other.write([1], to: "precious")
        try world.replace(".tmp", byLinkTo: other.path)
        #expect(throws: SpoolFailure.unusable(path: world.path, .inTheWay(".tmp"))) { try world.open() }
        #expect(other.names("") == ["precious"])
    }

    @Test func `says in one line what is wrong and what to do`() {
        let faults: [SpoolFailure.Fault] = [
            .notADirectory, .notOurs(owner: 1, us: 2), .writableByOthers(mode: 0o777), .cannotCreate(.permissionDenied),
            .notWritable(.readOnlyFileSystem), .inTheWay(".lock"), .system(.ioError),
        ]
        for failure in faults.map({ SpoolFailure.unusable(path: "/a/b", $0) }) + [.inUse(path: "/a/b")] {
            #expect(failure.description.contains("/a/b") && !failure.description.contains("\n"))
        }
    }
}
