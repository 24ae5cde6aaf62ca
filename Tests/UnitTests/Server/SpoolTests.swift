/// What a spool promises its sessions.

import Foundation
import MailCore
import Posix
import SystemPackage
import Testing
import Transcript

@testable import Spool

@Suite struct `A spool` {
    @Test(arguments: [
        "", "hello\n", "\n", "a\0b\n", "\r\n", "..\n.x\n . \n", "\u{feff}ä\u{1f600}\n", "\n\n\n",
    ])
    func `gives a body back as it was sent`(body: String) throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let payload = try spool.send(Array(body.utf8))
        let ids = try spool.list(spoolUser("bob")).ids
        #expect(ids.count == 1 && ids[0].size == payload.count)
        #expect(try spool.read(ids[0]) == payload)
    }

    @Test func `keeps bytes that are no UTF-8`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let payload = try spool.send([0xff, 0xc0, 0x80, 0x0a, 0xed, 0xa0, 0x80, 0x0a])
        #expect(try spool.read(spool.list(spoolUser("bob")).ids[0]) == payload)
    }

    @Test(arguments: [1, 7, 4096, 16 * 1024, 16 * 1024 + 1, 65536, 1_000_000])
    func `stores the same whatever pieces a body comes in`(cut: Int) throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let payload = try spool.send(body + [UInt8(ascii: "\n")], cut: cut)
        #expect(try spool.read(spool.list(spoolUser("bob")).ids[0]) == payload)
    }

    @Test func `lists in the order of arrival`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        for number in 1...20 { try spool.send(subject: "mail \(number)") }
        #expect(try spool.subjects() == (1...20).map { "mail \($0)" })
        #expect(try spool.list(spoolUser("bob")).ids.map(\.sequence) == Array(1...20))
    }

    @Test func `shows nothing and makes nothing for a user without a mailbox`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        #expect(try spool.list(spoolUser("carol")).ids.isEmpty)
        #expect(try spool.arrivals(spoolUser("carol"), after: 0).isEmpty)
        let id = MessageID(sequence: 1, random: 1, size: 1)
        #expect(try spool.open(id, of: spoolUser("carol")) == nil)
        #expect(try spool.delete(id, of: spoolUser("carol")) == false)
        #expect(world.names("") == [".lock", ".tmp"])
    }

    @Test func `gives what arrived since a listing`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        for _ in 1...3 { try spool.send() }
        let last = try #require(spool.list(spoolUser("bob")).ids.last).sequence
        #expect(try spool.arrivals(spoolUser("bob"), after: last).isEmpty)
        try spool.send(subject: "new")
        try spool.send(subject: "newer")
        #expect(try spool.arrivals(spoolUser("bob"), after: last).map(\.sequence) == [4, 5])
        #expect(try spool.arrivals(spoolUser("bob"), after: 0).count == 5)
    }

    @Test func `deletes a message once`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        for subject in ["a", "b", "c"] { try spool.send(subject: subject) }
        let ids = try spool.list(spoolUser("bob")).ids
        #expect(try spool.delete(ids[1], of: spoolUser("bob")))
        #expect(try spool.delete(ids[1], of: spoolUser("bob")) == false)
        #expect(try spool.read(ids[1]) == nil)
        #expect(try spool.subjects() == ["a", "c"])
        #expect(world.names("bob/new")?.count == 2)
    }

    @Test func `lets a reader finish a message that is deleted`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        let payload = try spool.send()
        let id = try spool.list(spoolUser("bob")).ids[0]
        guard let message = try spool.open(id, of: spoolUser("bob")) else {
            Issue.record("the message is not there")
            return
        }
        #expect(try spool.delete(id, of: spoolUser("bob")))
        #expect(try readWhole(message.descriptor.number, count: 1000, fromOffset: 0) == payload)
    }

    @Test func `forgets a draft that is given up`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        do {
            var draft = try spool.draft(sender: spoolUser("alice"), receiver: spoolUser("bob"), subject: Subject([])!)
            try draft.append([UInt8](repeating: 65, count: 100_000).span)
            #expect(world.names(".tmp")?.count == 1)
        }
        #expect(world.names("") == [".lock", ".tmp"])
        #expect(world.names(".tmp") == [])
    }

    @Test func `has room for users named like its own files`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        for user in ["lock", "new", "index", "tmp"] {
            try spool.send(subject: user, to: user)
            #expect(try spool.subjects(user) == [user])
        }
    }
}
