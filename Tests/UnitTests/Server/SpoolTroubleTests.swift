/// Planted links, damage, a full disk, and many writers at once.

import Foundation
import MailCore
import Posix
import SystemPackage
import Testing
import Transcript

@testable import Spool

@Suite struct `A spool in trouble` {
    private let bob = spoolUser("bob")

    @Test func `does not follow a link that stands for a mailbox`() throws {
        let (world, other) = (SpoolWorld(), SpoolWorld())
        let spool = try world.open()
        try FileManager.default.createDirectory(atPath: other.path + "/new", withIntermediateDirectories: true)
        try world.replace("bob", byLinkTo: other.path)
        let id = MessageID(sequence: 1, random: 1, size: 1)
        #expect(throws: Errno.notDirectory) { try spool.send() }
        #expect(throws: Errno.notDirectory) { try spool.list(bob).ids }
        #expect(throws: Errno.notDirectory) { try spool.read(id) }
        #expect(throws: Errno.notDirectory) { try spool.delete(id, of: bob) }
        #expect(other.names("") == ["new"] && other.names("new") == [])
        #expect(world.names(".tmp") == [])
    }

    @Test(arguments: ["new", "lock", "index"])
    func `does not follow a link inside a mailbox`(name: String) throws {
        let (world, other) = (SpoolWorld(), SpoolWorld())
        let spool = try world.open()
        try spool.send()
        try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: false)
        try other.write(Array("precious".utf8), to: "file")
        try world.replace("bob/" + name, byLinkTo: other.path + (name == "new" ? "" : "/file"))
        #expect(throws: Errno.self) { try spool.send() }
        #expect(throws: Errno.self) { try spool.list(bob).ids }
        #expect(other.names("") == ["file"])
        #expect(other.bytes("file") == Array("precious".utf8))
    }

    @Test func `does not read through a link that stands for a message, and deletes only the link`() throws {
        let (world, other) = (SpoolWorld(), SpoolWorld())
        let spool = try world.open()
        let payload = try spool.send()
        try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: false)
        try other.write(payload, to: "file")
        let id = try spool.list(bob).ids[0]
        try world.replace("bob/new/" + id.name, byLinkTo: other.path + "/file")
        #expect(throws: Errno.tooManySymbolicLinkLevels) { try spool.read(id) }
        #expect(try spool.subjects() == [""])
        #expect(try spool.delete(id, of: bob))
        #expect(other.bytes("file") == payload)
    }

    @Test(arguments: [0o720, 0o702])
    func `does not use a mailbox that others may write`(mode: Int) throws {
        let world = SpoolWorld()
        let spool = try world.open()
        try spool.send()
        for folder in ["bob", "bob/new"] {
            try world.setMode(mode, of: folder)
            #expect(throws: Errno.permissionDenied) { try spool.send() }
            #expect(throws: Errno.permissionDenied) { try spool.list(bob).ids }
            try world.setMode(0o700, of: folder)
        }
        #expect(try spool.list(bob).ids.count == 1)
    }

    @Test func `does not give out a message that is not as long as its name says`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let payload = try spool.send()
        let id = try spool.list(bob).ids[0]
        for bytes in [Array(payload.dropLast()), payload + [0]] {
            try world.write(bytes, to: "bob/new/" + id.name)
            #expect(throws: Errno.ioError) { try spool.read(id) }
        }
        try world.remove("bob/new/" + id.name)
        try FileManager.default.createDirectory(
            atPath: world.path + "/bob/new/" + id.name, withIntermediateDirectories: false)
        #expect(throws: Errno.ioError) { try spool.read(id) }
    }

    /// Whoever reads it would wait for the dot, and take the next replies for its text (READ-5).
    @Test func `does not give out a message without its final dot`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let payload = try spool.send()
        let id = try spool.list(bob).ids[0]
        for bytes in [[UInt8](repeating: 0, count: payload.count), payload.dropLast(3) + Array("x.\n".utf8)] {
            try world.write(bytes, to: "bob/new/" + id.name)
            #expect(throws: Errno.ioError) { try spool.read(id) }
        }
        try world.write(payload, to: "bob/new/" + id.name)
        #expect(try spool.read(id) == payload)
    }

    @Test func `finishes a mailbox that a dead session had begun`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        for begun in ["bob", "carol/new"] {
            try FileManager.default.createDirectory(
                atPath: world.path + "/" + begun, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        try world.setMode(0o700, of: "carol")
        for user in ["bob", "carol"] {
            #expect(try spool.list(spoolUser(user)).ids.isEmpty)
            try spool.send(to: user)
            #expect(try spool.list(spoolUser(user)).ids.count == 1)
        }
    }

    @Test func `loses and mixes nothing when eight write at once into a mailbox that is not there yet`() throws {
        let world = SpoolWorld()
        nonisolated(unsafe) let spool = try world.open()
        nonisolated(unsafe) var payloads = [[[UInt8]]](repeating: [], count: 8)
        let lock = NSLock()
        inParallel(8) { writer in
            for number in 0..<20 {
                let body = [UInt8](repeating: UInt8(ascii: "a") + UInt8(writer), count: writer * 7000 + number) + [10]
                do {
                    let payload = try spool.send(body, subject: "\(writer)-\(number)")
                    lock.withLock { payloads[writer].append(payload) }
                    // Whatever is listed meanwhile is whole (LIST-3).
                    let last = try spool.list(spoolUser("bob")).ids.last
                    let read = try last.flatMap { try spool.read($0) }
                    #expect(read?.suffix(3) == [10, 46, 10])
                } catch {
                    Issue.record(error)
                }
            }
        }
        let ids = try spool.list(bob).ids
        #expect(ids.map(\.sequence) == Array(1...160))
        let stored = try ids.compactMap { try spool.read($0) }
        #expect(Set(stored) == Set(payloads.flatMap(\.self)))
        #expect(world.names(".tmp") == [])
        // Each writer's own messages are in the order it sent them.
        for writer in 0..<8 { #expect(stored.filter { payloads[writer].contains($0) } == payloads[writer]) }
    }

    @Test func `tells one of two that it was the one who deleted`() throws {
        let world = SpoolWorld()
        nonisolated(unsafe) let spool = try world.open()
        for _ in 0..<30 { try spool.send() }
        let ids = try spool.list(bob).ids
        nonisolated(unsafe) var deleted = [0, 0]
        inParallel(2) { session in
            for id in ids {
                do {
                    if try spool.delete(id, of: spoolUser("bob")) { deleted[session] += 1 }
                } catch {
                    Issue.record(error)
                }
            }
        }
        #expect(deleted[0] + deleted[1] == 30)
        #expect(try spool.list(bob).ids.isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small tmpfs"))
    func `answers a full disk with an error, keeps what it has, and recovers after a deletion`() throws {
        let disk = try SmallDisk(pages: 256)
        let spool = try disk.world.open()
        var sent = 0
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 50_000) + [10]
        #expect(throws: Errno.noSpace) {
            while sent < 100 {
                try spool.send(body, subject: "mail \(sent + 1)")
                sent += 1
            }
        }
        #expect(sent > 5)
        #expect(disk.world.names(".tmp") == [])
        let subjects = (1...sent).map { "mail \($0)" }
        #expect(try spool.subjects() == subjects)
        // Nothing is left for an index either, and the one there is counts for nothing.
        try disk.fill()
        try disk.world.write([], to: "bob/index")
        let ids = try spool.list(bob).ids
        #expect(try spool.subjects() == subjects)
        #expect(try spool.read(ids[0])?.count == 50_001 + "alice\nbob\nmail 1\n.\n".utf8.count)
        #expect(throws: Errno.noSpace) { try spool.send() }
        #expect(try spool.delete(ids[0], of: bob))
        #expect(try spool.delete(ids[0], of: bob) == false)
        try spool.send(subject: "again")
        #expect(try spool.subjects() == subjects.dropFirst() + ["again"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small tmpfs"))
    func `delivers nothing and still lists when there is no inode left`() throws {
        let disk = try SmallDisk(pages: 256, inodes: 6)
        let spool = try disk.world.open()  // the root, .lock and .tmp: three are left
        #expect(throws: Errno.noSpace) { try spool.send() }
        #expect(disk.world.names(".tmp") == [])
        #expect(try spool.list(bob).ids.isEmpty)
        #expect(disk.world.names("bob/new") == [])
    }
}

/// A tmpfs of a few pages with a spool on it, unmounted when the value goes.
private final class SmallDisk {
    static var isPossible: Bool { effectiveUser() == 0 && (try? SmallDisk(pages: 16)) != nil }

    let world = SpoolWorld()

    init(pages: Int, inodes: Int = 1000) throws {
        try FileManager.default.createDirectory(atPath: world.path, withIntermediateDirectories: false)
        try SmallDisk.run(
            "mount", "-t", "tmpfs", "-o", "size=\(pages * 4096),nr_inodes=\(inodes),mode=700", "none", world.path)
    }

    deinit { try? SmallDisk.run("umount", "-l", world.path) }

    /// Takes what room there is.
    func fill() throws {
        let file = try Directory.open(path: world.path).create("filler", .append, exclusive: true)
        #expect(throws: Errno.noSpace) {
            while true { try writeAll(file.number, [UInt8](repeating: 0, count: 4096).span) }
        }
    }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Errno.notPermitted }
    }
}
