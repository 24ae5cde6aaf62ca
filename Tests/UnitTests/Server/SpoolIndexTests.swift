/// When the index of a mailbox is believed, and what is listed when it is not.

import Foundation
import MailCore
import Posix
import SystemPackage
import Testing
import Transcript

@testable import Spool

@Suite struct `The index of a mailbox` {
    private let index = "bob/index"

    /// Five messages, the second deleted.
    private func filled(_ world: SpoolWorld, _ clock: Clock = .system) throws -> Spool {
        let spool = try world.open(clock)
        for subject in ["one", "two", "three", "", "fünf"] { try spool.send(subject: subject) }
        #expect(try spool.delete(spool.list(spoolUser("bob")).ids[1], of: spoolUser("bob")))
        return spool
    }

    private let subjects = ["one", "three", "", "fünf"]

    /// Changes a subject in the index only: it is listed where the index is believed.
    private func tamper(_ world: SpoolWorld) throws {
        var bytes = try #require(world.bytes(index))
        let place = try #require(bytes.firstRange(of: Array("one".utf8))).lowerBound
        bytes[place] = UInt8(ascii: "O")
        try world.write(bytes, to: index)
    }

    @Test func `is believed while nothing says otherwise`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        try tamper(world)
        #expect(try spool.subjects() == ["One", "three", "", "fünf"])
        try spool.send(subject: "six")
        #expect(try spool.subjects() == ["One", "three", "", "fünf", "six"])
    }

    @Test func `cut at any byte lists the same`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let ids = try spool.list(spoolUser("bob")).ids
        let whole = try #require(world.bytes(index))
        for count in 0..<whole.count {
            try world.write(Array(whole[..<count]), to: index)
            #expect(try spool.subjects() == subjects, "cut at \(count)")
            try world.write(whole[..<count] + [UInt8](repeating: 0, count: whole.count - count), to: index)
            #expect(try spool.subjects() == subjects, "zeros from \(count)")
        }
        #expect(try spool.list(spoolUser("bob")).ids == ids)
        try world.write([UInt8](repeating: 0xff, count: 1000), to: index)
        #expect(try spool.subjects() == subjects)
    }

    @Test func `torn records do not hide a message that comes after`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let whole = try #require(world.bytes(index))
        for count in IndexHeader.length..<whole.count {
            try world.write(Array(whole[..<count]), to: index)
            try spool.send(subject: "late")
            #expect(try spool.subjects() == subjects + ["late"], "cut at \(count)")
            let late = try #require(spool.list(spoolUser("bob")).ids.last)
            #expect(try spool.delete(late, of: spoolUser("bob")))
        }
    }

    @Test func `of another boot is not believed`() throws {
        let world = SpoolWorld()
        let page = try ClockPage(
            creating: world.path + ".clock", flowing: false, wall: .seconds(1_000_000_000), boot: .seconds(10))
        defer { try? FileManager.default.removeItem(atPath: world.path + ".clock") }
        do {
            let spool = try filled(world, Clock(page: page))
            try tamper(world)
            #expect(try spool.subjects()[0] == "One")
        }
        do {
            let spool = try world.open(Clock(page: page))
            #expect(try spool.subjects()[0] == "One", "another server of the same boot believes it")
        }
        page.reboot()
        let spool = try world.open(Clock(page: page))
        #expect(try spool.subjects() == subjects)
    }

    @Test func `that was left dirty by a dead writer is not believed`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        try tamper(world)
        let bytes = try #require(world.bytes(index))
        var header = try #require(IndexHeader(Array(bytes[..<IndexHeader.length])))
        header.isClean = false
        try world.write(header.bytes + bytes[IndexHeader.length...], to: index)
        #expect(try spool.subjects() == subjects)
    }

    /// Found by the fuzzer: each of these, with a right checksum, once ended the session.
    @Test(arguments: [
        (Int.max, 0, 0), (0, Int.max, 0), (1 << 62, 1 << 62, 1 << 62), (4, 1, Int.max), (4, 1, 1 << 40), (-1, 0, 29),
        (0, -4, 300), (0, 0, -1),
    ])
    func `whose header has numbers that cannot be is not believed`(live: Int, deleted: Int, length: Int) throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let bytes = try #require(world.bytes(index))
        var header = try #require(IndexHeader(Array(bytes[..<IndexHeader.length])))
        (header.live, header.deleted, header.recordsLength) = (live, deleted, length)
        try world.write(header.bytes + bytes[IndexHeader.length...], to: index)
        #expect(try spool.subjects() == subjects)
        try world.write(header.bytes + bytes[IndexHeader.length...], to: index)
        try spool.send(subject: "late")
        #expect(try spool.subjects() == subjects + ["late"])
    }

    /// Found by reading: such a number once refused every message from then on.
    @Test func `that says a number beyond all has been given out is not believed`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let bytes = try #require(world.bytes(index))
        var header = try #require(IndexHeader(Array(bytes[..<IndexHeader.length])))
        header.highest = MessageID.maximumSequence + 1
        try world.write(header.bytes + bytes[IndexHeader.length...], to: index)
        try spool.send(subject: "late")
        #expect(try spool.subjects() == subjects + ["late"])
    }

    /// Found by the fuzzer: a length that was too large once ended the session.
    @Test func `with one wrong byte in its records lists what is there or what it says, and takes new mail`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let whole = try #require(world.bytes(index))
        for place in IndexHeader.length..<whole.count {
            for value in [0, 1, 10, 0x20, 0x54, 0xff] as [UInt8] where value != whole[place] {
                var bytes = whole
                bytes[place] = value
                try world.write(bytes, to: index)
                #expect(try spool.subjects().count == subjects.count, "\(value) at \(place)")
            }
        }
        try spool.send(subject: "late")
        #expect(try spool.subjects().last == "late")
    }

    /// Found by the fuzzer: LIST once had more lines than it said.
    @Test func `is not believed with a line feed inside a subject`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        var bytes = try #require(world.bytes(index))
        bytes[try #require(bytes.firstRange(of: Array("three".utf8))).lowerBound + 2] = UInt8(ascii: "\n")
        try world.write(bytes, to: index)
        #expect(try spool.subjects() == subjects)
    }

    /// Found by the fuzzer: such a record once hid its message from LIST.
    @Test func `is not believed with a number in it that no message has`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        var bytes = try #require(world.bytes(index))
        #expect(bytes[IndexHeader.length + 4] == 1, "the first message's sequence")
        bytes[IndexHeader.length + 4] = 0
        try world.write(bytes, to: index)
        #expect(try spool.subjects() == subjects)
    }

    @Test func `learns of a message put there by hand`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let payload = Array("carol\nbob\nby hand\ntext\n.\n".utf8)
        try world.write(payload, to: "bob/new/0000000002.00000000000000ff,S=\(payload.count)")
        #expect(try spool.subjects() == ["one", "by hand", "three", "", "fünf"])
        #expect(try spool.read(spool.list(spoolUser("bob")).ids[1]) == payload)
    }

    @Test func `learns of a message taken away by hand`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        try world.remove("bob/new/" + spool.list(spoolUser("bob")).ids[0].name)
        #expect(try spool.subjects() == ["three", "", "fünf"])
    }

    @Test func `does not list what has no name of a message`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        for name in ["x", "1.00000000000000ff,S=3", "0000000009.ff,S=3", "0000000009.00000000000000FF,S=3"] {
            try world.write(Array("a\nb\nc\n.\n".utf8), to: "bob/new/" + name)
        }
        #expect(try spool.subjects() == subjects)
    }

    @Test func `lists a damaged message so that it can be deleted`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        try world.write(Array("no three lines".utf8), to: "bob/new/0000000009.00000000000000ff,S=14")
        #expect(try spool.subjects() == subjects + [""])
        let id = try #require(spool.list(spoolUser("bob")).ids.last)
        #expect(try spool.delete(id, of: spoolUser("bob")))
        #expect(try spool.subjects() == subjects)
    }

    @Test func `is rewritten without the deleted once they are the most`() throws {
        let world = SpoolWorld()
        let spool = try world.open()
        try spool.send(subject: "first")
        for number in 2...600 {
            let head = Array("alice\nbob\nmail \(number)\n.\n".utf8)
            let id = MessageID(sequence: UInt64(number), random: UInt64(number), size: head.count)
            try world.write(head, to: "bob/new/" + id.name)
        }
        let ids = try spool.list(spoolUser("bob")).ids
        let full = world.bytes(index)!.count
        for id in ids[..<310] { #expect(try spool.delete(id, of: spoolUser("bob"))) }
        #expect(world.bytes(index)!.count == full)
        #expect(try spool.subjects() == (311...600).map { "mail \($0)" })
        #expect(world.bytes(index)!.count < full / 2 + 500)
        // The places of the first listing are stale now.
        #expect(try spool.delete(ids[450], of: spoolUser("bob")))
        #expect(try spool.delete(ids[3], of: spoolUser("bob")) == false)
        #expect(try spool.subjects() == (311...600).filter { $0 != 451 }.map { "mail \($0)" })
    }

    @Test func `never gives a number out twice, as long as it has its header`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let last = try #require(spool.list(spoolUser("bob")).ids.last)
        #expect(try spool.delete(last, of: spoolUser("bob")))
        let bytes = try #require(world.bytes(index))
        try world.write(Array(bytes[..<IndexHeader.length]), to: index)
        #expect(try spool.subjects() == ["one", "three", ""])
        try spool.send(subject: "new")
        #expect(try spool.arrivals(spoolUser("bob"), after: last.sequence).map(\.sequence) == [6])
    }

    @Test func `lost with a number leaves the old name without a message`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        let last = try #require(spool.list(spoolUser("bob")).ids.last)
        #expect(try spool.delete(last, of: spoolUser("bob")))
        try world.remove(index)
        try spool.send(subject: "new")
        let new = try #require(spool.list(spoolUser("bob")).ids.last)
        #expect(new.sequence == last.sequence && new != last)
        #expect(try spool.read(last) == nil)
        #expect(try spool.delete(last, of: spoolUser("bob")) == false)
        #expect(try spool.subjects() == ["one", "three", "", "new"])
    }

    @Test func `refuses a message when the numbers are used up`() throws {
        let world = SpoolWorld()
        let spool = try filled(world)
        try world.write([], to: "bob/new/\(MessageID.maximumSequence).00000000000000ff,S=0")
        #expect(throws: Errno.overflow) { try spool.send() }
        #expect(world.names(".tmp") == [])
        #expect(try spool.subjects() == subjects + [""])
    }
}

@Suite struct `The name of a message` {
    @Test(arguments: [1, 42, 9_999_999_999, 10_000_000_000, MessageID.maximumSequence])
    func `comes back as it was given`(sequence: UInt64) {
        for (random, size) in [(0, 0), (UInt64.max, Int.max), (0xab, 10)] as [(UInt64, Int)] {
            let id = MessageID(sequence: sequence, random: random, size: size)
            #expect(MessageID(name: id.name) == id)
        }
    }

    @Test(arguments: [
        "", ".", "..", "1", "0000000001", "0000000001.", "0000000001.00000000000000ff",
        "0000000001.00000000000000ff,S=",
        "0000000000.00000000000000ff,S=1", "1.00000000000000ff,S=1", "00000000001.00000000000000ff,S=1",
        "0000000001.00000000000000fF,S=1", "0000000001.0000000000000ff,S=1", "0000000001.00000000000000ff,S=01",
        "0000000001.00000000000000ff,S=-1", "0000000001.00000000000000ff,S=+1", "0000000001.00000000000000ff,S=1 ",
        "+000000001.00000000000000ff,S=1", "1000000000000000000.00000000000000ff,S=1",
        "0000000001.+0000000000000ff,S=1",
        "0000000001.00000000000000ff,T=1", "0000000001.00000000000000ff,S=99999999999999999999", "ä.ä",
    ])
    func `is refused in any other form`(name: String) {
        #expect(MessageID(name: name) == nil)
    }
}
