/// What the gatekeeper writes down, and what it means after a crash, another boot, and a moved clock.

import Gatekeeper
import MailCore
import Testing

private let address = ClientAddress(text: "10.0.0.1")!
private let other = ClientAddress(text: "10.0.0.2")!
private let alice = LoginPair(address: address, user: Username("alice".utf8))
private let bob = LoginPair(address: address, user: Username("bob".utf8))

private func moment(_ boot: Int, wall: Int, _ bootID: String = "first") -> Moment {
    Moment(boot: .seconds(boot), wall: .seconds(wall), bootID: bootID)
}

/// When the ban began: 100 s after boot, 5,000 s after 1970.
private let start = moment(100, wall: 5000)

private func recover(ban end: Moment?, at now: Moment) -> Recovery {
    Recovery(bans: [(address, end.map { BanRecord(end: $0) })], charges: [], rules: BanRules(), at: now)
}

private func recover(_ charges: [ChargeRecord], at now: Moment) -> Recovery {
    Recovery(bans: [], charges: charges, rules: BanRules(), at: now)
}

private func left(_ recovery: Recovery, at now: Moment) -> Duration? {
    recovery.bans.first.map { $0.end.boot - now.boot }
}

@Suite struct GatekeeperStateTests {
    // MARK: Records

    @Test func `a ban is read as it was written`() {
        let record = BanRecord(end: start)
        #expect(record.encoded().count == 128)
        #expect(BanRecord(decoding: record.encoded()) == record)
        let negative = BanRecord(end: moment(7, wall: -315_360_000))
        #expect(BanRecord(decoding: negative.encoded()) == negative)
    }

    @Test func `charges are read as they were written`() throws {
        let v6 = try #require(ClientAddress(text: "2001:db8:1234:5678:9abc:def0:1234:5678"))
        let longest = try #require(Username([UInt8](repeating: UInt8(ascii: "z"), count: 32)))
        let late = Moment(boot: .nanoseconds(Int64.max), wall: .nanoseconds(Int64.min), bootID: "first")
        for record in [
            ChargeRecord(pair: alice, count: 2, last: start),
            ChargeRecord(pair: LoginPair(address: v6, user: nil), count: 1, last: start),
            ChargeRecord(pair: LoginPair(address: v6, user: longest), count: 99, last: late),
        ] {
            #expect(record.encoded().count == 128)
            #expect(ChargeRecord(decoding: record.encoded(), bootID: "first") == record)
        }
    }

    /// Found by the fuzzer: repaired text was longer than what had been read, and did not fit a record.
    @Test func `a record that is no text is not read`() {
        var fields = Array("ban 1 1 ".utf8) + [UInt8](repeating: 0xff, count: 100)
        let hash = fields.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        fields += [0x20] + [UInt8](repeating: 0x30, count: 8 - digits.count) + Array(digits.utf8)
        fields += [UInt8](repeating: 0x20, count: 127 - fields.count) + [0x0a]
        #expect(fields.count == 128 && BanRecord(decoding: fields) == nil)
    }

    @Test func `a record that is cut anywhere or has one wrong byte is not read`() {
        let whole = BanRecord(end: start).encoded()
        for length in 0..<whole.count { #expect(BanRecord(decoding: whole[..<length]) == nil) }
        let content = whole.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }!
        for place in 0...content {
            var torn = whole
            torn[place] ^= 1
            #expect(BanRecord(decoding: torn) == nil, "byte \(place)")
            torn[place] = 0
            #expect(BanRecord(decoding: torn) == nil, "byte \(place)")
        }
        #expect(BanRecord(decoding: [UInt8](repeating: 0, count: 128)) == nil)
        #expect(ChargeRecord(decoding: whole, bootID: "first") == nil)
    }

    @Test(arguments: ["127.0.0.1", "::", "::1", "2001:db8::", "2001:db8:0:1::"])
    func `a ban's file is named by the address`(
        text: String
    ) {
        #expect(ClientAddress(text: text)?.description == text)
    }

    @Test(arguments: ["", ".", "127.1", "127.0.0.01", "0:0::1", "::ffff:127.0.0.1", "2001:DB8::", "lock", "127.0.0.1 "])
    func `a file with another name is no ban`(text: String) { #expect(ClientAddress(text: text) == nil) }

    // MARK: Bans

    @Test func `TL-9: in the same boot a ban ends when it would have`() {
        let now = moment(130, wall: 5030)
        let recovery = recover(ban: start.advanced(by: .seconds(60)), at: now)
        #expect(left(recovery, at: now) == .seconds(30))
        #expect(recovery.bans.first?.mustBeWritten == false)
        #expect(recover(ban: start.advanced(by: .seconds(60)), at: moment(160, wall: 5060)).bans.isEmpty)
    }

    @Test(arguments: [-3600, 3600]) func `TL-11, TL-12: in the same boot a moved wall clock means nothing`(shift: Int) {
        let now = moment(110, wall: 5010 + shift)
        #expect(left(recover(ban: start.advanced(by: .seconds(60)), at: now), at: now) == .seconds(50))
    }

    @Test func `TL-14: after another boot a ban lasts a minute at most, wherever the wall clock stands`() {
        for (wall, expected) in [(5030, 30), (5000 - 315_360_000, 60), (4990, 60), (5059, 1)] {
            let now = moment(3, wall: wall, "second")
            let recovery = recover(ban: start.advanced(by: .seconds(60)), at: now)
            #expect(left(recovery, at: now) == .seconds(expected))
            #expect(
                recovery.bans.first?.mustBeWritten == true,
                "anchored anew, so that the next restart does not prolong it")
        }
        #expect(recover(ban: start.advanced(by: .seconds(60)), at: moment(3, wall: 5060, "second")).ended == [address])
    }

    @Test func `restarting again and again does not prolong a ban`() {
        var end = start.advanced(by: .seconds(60))
        for second in stride(from: 0, to: 60, by: 7) {
            let now = moment(3 + second, wall: 1000 - second, "second")  // the wall clock runs backwards
            let recovery = recover(ban: end, at: now)
            end = recovery.bans.first?.end ?? end
        }
        #expect(end.boot == .seconds(63))
        #expect(recover(ban: end, at: moment(63, wall: 0, "second")).ended == [address])
    }

    @Test func `a boot without a name is always another boot`() {
        let end = Moment(boot: .seconds(160), wall: .seconds(5060), bootID: "unknown")
        let now = Moment(boot: .seconds(3), wall: .seconds(5050), bootID: "unknown")
        #expect(end.left(at: now, atMost: .seconds(60)) == .seconds(10))
    }

    @Test func `a torn ban is a minute from now`() {
        let recovery = recover(ban: nil, at: start)
        #expect(left(recovery, at: start) == .seconds(60))
        #expect(recovery.bans.first?.mustBeWritten == true)
    }

    // MARK: Charges

    @Test func `TL-10: charges survive with their age`() {
        let now = moment(400, wall: 5300)
        #expect(recover([ChargeRecord(pair: alice, count: 2, last: start)], at: now).charges.map(\.count) == [2])
        #expect(recover([ChargeRecord(pair: alice, count: 2, last: start)], at: now).charges.map(\.last) == [start])
        #expect(
            recover([ChargeRecord(pair: alice, count: 2, last: start)], at: moment(700, wall: 5600)).charges.isEmpty)
    }

    @Test func `three charges without a ban are a ban from their time`() {
        let now = moment(120, wall: 5020)
        let charges = [
            ChargeRecord(pair: alice, count: 3, last: start), ChargeRecord(pair: bob, count: 1, last: start),
        ]
        let recovery = recover(charges, at: now)
        #expect(left(recovery, at: now) == .seconds(40))
        #expect(recovery.bans.first?.mustBeWritten == true)
        #expect(recovery.charges.isEmpty, "a ban clears all counters of its address")
        let late = recover(charges, at: moment(160, wall: 5060))
        #expect(late.bans.isEmpty && late.charges.isEmpty)
    }

    @Test func `the later of two such charges counts`() {
        let now = moment(130, wall: 5030)
        let later = moment(120, wall: 5020)
        let charges = [
            ChargeRecord(pair: alice, count: 3, last: later), ChargeRecord(pair: bob, count: 3, last: start),
        ]
        #expect(left(recover(charges, at: now), at: now) == .seconds(50))
    }

    @Test func `charges beside a ban were cleared by it`() {
        let charges = [
            ChargeRecord(pair: alice, count: 2, last: start),
            ChargeRecord(pair: LoginPair(address: other, user: nil), count: 2, last: start),
        ]
        let recovery = Recovery(
            bans: [(address, BanRecord(end: start.advanced(by: .seconds(60))))], charges: charges, rules: BanRules(),
            at: start)
        #expect(recovery.charges.map(\.pair.address) == [other])
    }
}
