/// The vectors of docs/PROTOCOL.md §3, played on the ban policy in virtual time.

import MailCore
import Testing

/// A policy, a clock, and a directory that knows one password.
private struct Door {
    var policy: BanPolicy
    var now = Duration.seconds(1000)
    var binds = 0
    var steps: [BanStep] = []
    private var arrivals: UInt64 = 0
    private var verdicts: [AttemptID: Verdict] = [:]
    private var asked: [(id: AttemptID, isRight: Bool)] = []
    private var rightness: [AttemptID: Bool] = [:]

    init(_ rules: BanRules = BanRules()) { policy = BanPolicy(rules: rules) }

    /// A LOGIN arrives; the directory has not answered yet.
    mutating func arrive(_ user: String?, right: Bool, from address: String = "10.0.0.1") -> AttemptID {
        arrivals += 1
        let id = AttemptID(arrivals)
        rightness[id] = right
        let pair = LoginPair(address: ip(address).banned(ipv6Prefix: 64), user: user.flatMap { Username($0.utf8) })
        take(policy.arrived(id, pair, asksDirectory: user != nil, at: now))
        return id
    }

    /// The directory answers everything it was asked, in the order it was asked.
    mutating func answerAll() {
        while !asked.isEmpty {
            let (id, isRight) = asked.removeFirst()
            take(policy.directorySaid(isRight, to: id, at: now))
        }
    }

    /// The directory answers one attempt.
    mutating func answer(_ id: AttemptID) {
        let place = asked.firstIndex { $0.id == id }!
        let (id, isRight) = asked.remove(at: place)
        take(policy.directorySaid(isRight, to: id, at: now))
    }

    mutating func giveUp(_ id: AttemptID) {
        asked.removeAll { $0.id == id }
        take(policy.noVerdict(for: id, at: now))
    }

    mutating func login(_ user: String?, right: Bool, from address: String = "10.0.0.1") -> Verdict? {
        let id = arrive(user, right: right, from: address)
        answerAll()
        return verdicts[id]
    }

    mutating func wrong(_ count: Int, _ user: String = "alice", from address: String = "10.0.0.1") -> [Verdict?] {
        (0..<count).map { _ in login(user, right: false, from: address) }
    }

    func verdict(_ id: AttemptID) -> Verdict? { verdicts[id] }

    mutating func take(_ new: [BanStep]) {
        steps += new
        for step in new {
            switch step {
            case .ask(let id):
                binds += 1
                asked.append((id, rightness[id]!))
            case .answer(let id, let verdict, _):
                #expect(verdicts[id] == nil, "answered twice")
                verdicts[id] = verdict
                asked.removeAll { $0.id == id }
            default: break
            }
        }
    }
}

private func ip(_ text: String) -> ClientAddress {
    let low = text.split(separator: ".").map { UInt8($0)! }
    return ClientAddress([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + low)!
}

@Suite struct BanPolicyTests {
    @Test func `TL-1: after three failures the right password is refused, and the directory is not asked`() {
        var door = Door()
        #expect(door.wrong(3) == [.refused, .refused, .refused])
        #expect(door.login("alice", right: true) == .refused)
        #expect(door.binds == 3)
    }

    @Test func `TL-2, TL-3: the ban ends exactly one minute after the third failure`() {
        var door = Door()
        for second in 0...2 {
            door.now = .seconds(1000 + second)
            _ = door.login("alice", right: false)
        }
        for instant in [Duration.seconds(58), .milliseconds(61_999)] {
            door.now = .seconds(1000) + instant
            #expect(door.login("alice", right: true) == .refused)
        }
        door.now = .seconds(1062)
        #expect(door.login("alice", right: true) == .accepted)
    }

    @Test func `TL-4: the third attempt, if right, succeeds`() {
        var door = Door()
        _ = door.wrong(2)
        #expect(door.login("alice", right: true) == .accepted)
    }

    @Test func `TL-4b: a success clears the counter`() {
        var door = Door()
        for _ in 0..<5 {
            #expect(door.wrong(2) == [.refused, .refused])
            #expect(door.login("alice", right: true) == .accepted)
        }
    }

    @Test func `TL-5: the ban covers the address, whoever asks, and no other address`() {
        var door = Door()
        _ = door.wrong(3, from: "10.0.0.1")
        #expect(door.login("bob", right: true, from: "10.0.0.1") == .refused)
        #expect(door.login("alice", right: true, from: "10.0.0.12") == .accepted)
    }

    @Test func `TL-7: an attempt counts although nobody waits for its answer`() {
        var door = Door()
        let ids = (0..<3).map { _ in door.arrive("alice", right: false) }
        #expect(ids.allSatisfy { door.verdict($0) == nil })
        door.answerAll()
        #expect(door.login("alice", right: true) == .refused)
    }

    @Test(arguments: [5, 50, 500]) func `TL-8: of many wrong ones in parallel three reach the directory`(count: Int) {
        var door = Door()
        let ids = (0..<count).map { _ in door.arrive("alice", right: false) }
        door.answerAll()
        #expect(door.binds == 3)
        #expect(ids.allSatisfy { door.verdict($0) == .refused })
        #expect(door.login("alice", right: true) == .refused)
    }

    @Test func `TL-8b: of many right ones in parallel all succeed`() {
        var door = Door()
        let ids = (0..<30).map { _ in door.arrive("alice", right: true) }
        #expect(door.binds == 3, "the others wait until it is known that these do not fail")
        door.answerAll()
        #expect(ids.allSatisfy { door.verdict($0) == .accepted })
    }

    @Test func `after a failure only two are asked about at the same time`() {
        var door = Door()
        _ = door.wrong(1)
        for _ in 0..<10 { _ = door.arrive("alice", right: false) }
        #expect(door.binds == 1 + 2)
    }

    @Test func `many waiting logins of one user delay no other user of the same address`() {
        var door = Door()
        for _ in 0..<30 { _ = door.arrive("alice", right: true) }
        let bob = door.arrive("bob", right: true)
        door.answer(bob)
        #expect(door.verdict(bob) == .accepted)
    }

    @Test func `TL-16: without a verdict there is no attempt`() {
        var door = Door()
        for _ in 0..<5 {
            let id = door.arrive("alice", right: false)
            door.giveUp(id)
            #expect(door.verdict(id) == .unavailable)
        }
        #expect(door.wrong(2) == [.refused, .refused])
        #expect(door.login("alice", right: true) == .accepted)
    }

    @Test func `an attempt whose turn never came is answered without a verdict, and the directory never hears of it`() {
        var door = Door()
        let ids = (0..<4).map { _ in door.arrive("alice", right: false) }
        door.giveUp(ids[3])
        #expect(door.verdict(ids[3]) == .unavailable)
        #expect(door.binds == 3)
        for id in ids[..<2] { door.giveUp(id) }
        door.answer(ids[2])
        #expect(door.login("alice", right: true) == .accepted)
    }

    @Test func `an attempt given up makes room for the next that waits`() {
        var door = Door()
        let ids = (0..<4).map { _ in door.arrive("alice", right: true) }
        door.giveUp(ids[0])
        door.answerAll()
        #expect(door.verdict(ids[3]) == .accepted)
    }

    @Test func `TL-23: malformed names of an address share one counter and reach no directory`() {
        var door = Door()
        for _ in 0..<3 { #expect(door.login(nil, right: false) == .refused) }
        #expect(door.login("alice", right: true) == .refused)
        #expect(door.binds == 0)
    }

    @Test func `attempts during a ban do not prolong it`() {
        var door = Door()
        _ = door.wrong(3)
        for second in 1..<60 {
            door.now = .seconds(1000 + second)
            _ = door.wrong(1)
        }
        door.now = .seconds(1060)
        #expect(door.login("alice", right: true) == .accepted)
        #expect(door.binds == 4)
    }

    @Test func `after a ban there are three fresh attempts for every user of the address`() {
        var door = Door()
        _ = door.wrong(2, "bob")
        _ = door.wrong(3, "alice")
        door.now += .seconds(60)
        #expect(door.wrong(2, "alice") == [.refused, .refused])
        #expect(door.login("alice", right: true) == .accepted)
        #expect(door.wrong(2, "bob") == [.refused, .refused])
        #expect(door.login("bob", right: true) == .accepted)
    }

    @Test func `a right login that a ban overtakes is refused and leaves no charge`() {
        var door = Door()
        let bob = door.arrive("bob", right: true)
        for id in (0..<3).map({ _ in door.arrive("alice", right: false) }) { door.answer(id) }
        #expect(door.verdict(bob) == .refused)
        #expect(door.policy.directorySaid(true, to: bob, at: door.now) == [], "the late answer changes nothing")
        door.now += .seconds(60)
        #expect(door.wrong(2, "bob") == [.refused, .refused])
        #expect(door.login("bob", right: true) == .accepted)
    }

    @Test func `failures of different users of an address do not add up`() {
        var door = Door()
        _ = door.wrong(2, "alice")
        _ = door.wrong(2, "bob")
        #expect(door.login("carol", right: true) == .accepted)
    }

    @Test func `failures are forgotten ten minutes after the last attempt`() {
        var door = Door()
        _ = door.wrong(2)
        door.now += .seconds(600) - .nanoseconds(1)
        _ = door.wrong(1)
        #expect(door.login("alice", right: true) == .refused)
        door.now += .seconds(60)
        _ = door.wrong(2)
        door.now += .seconds(600)
        #expect(door.wrong(2) == [.refused, .refused])
        #expect(door.login("alice", right: true) == .accepted)
    }

    @Test func `an attempt is charged before the directory is asked, and the ban is written before the third refusal`()
    {
        var door = Door()
        _ = door.wrong(2)
        door.steps = []
        let id = door.arrive("alice", right: false)
        let pair = LoginPair(address: ip("10.0.0.1"), user: Username("alice".utf8))
        #expect(door.steps == [.charge(pair, 3, last: door.now), .ask(id)])
        door.steps = []
        door.answer(id)
        let end = door.now + .seconds(60)
        #expect(
            door.steps == [
                .ban(pair.address, until: end), .answer(id, .refused, .password), .charge(pair, 0, last: door.now),
            ])
    }

    @Test func `every charge on disk is taken back by success and by the lack of a verdict`() {
        var door = Door()
        var onDisk: [LoginPair: Int] = [:]
        for round in 0..<200 {
            let ids = (0..<(round % 5)).map { _ in door.arrive("alice", right: true) }
            if let first = ids.first { door.giveUp(first) }
            door.answerAll()
        }
        for case .charge(let pair, let count, _) in door.steps { onDisk[pair] = count }
        #expect(onDisk.values.allSatisfy { $0 == 0 })
    }

    @Test func `all addresses of an IPv6 network are one client`() throws {
        let first = try #require(ClientAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 7] + [UInt8](repeating: 1, count: 8)))
        let second = try #require(ClientAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 7] + [UInt8](repeating: 2, count: 8)))
        let third = try #require(ClientAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 8] + [UInt8](repeating: 1, count: 8)))
        #expect(first.banned(ipv6Prefix: 64) == second.banned(ipv6Prefix: 64))
        #expect(first.banned(ipv6Prefix: 64) != third.banned(ipv6Prefix: 64))
        #expect(first.banned(ipv6Prefix: 60) == third.banned(ipv6Prefix: 60))
    }

    @Test func `restored charges and bans count`() {
        var door = Door()
        let pair = LoginPair(address: ip("10.0.0.1"), user: Username("alice".utf8))
        door.policy.restore(chargesOf: pair, count: 2, last: door.now - .seconds(10))
        door.policy.restore(banOf: ip("10.0.0.2"), until: door.now + .seconds(5))
        #expect(door.login("bob", right: true, from: "10.0.0.2") == .refused)
        _ = door.wrong(1)
        #expect(door.login("alice", right: true) == .refused)
        door.now += .seconds(5)
        #expect(door.login("bob", right: true, from: "10.0.0.2") == .accepted)
    }

    @Test func `what has ended is swept, and then there is nothing to wait for`() throws {
        var door = Door()
        _ = door.wrong(3, from: "10.0.0.1")
        _ = door.wrong(1, from: "10.0.0.2")
        #expect(try #require(door.policy.nextSweep) <= door.now + .seconds(60))
        door.now += .seconds(60)
        door.steps = []
        door.take(door.policy.sweep(at: door.now))
        #expect(door.steps == [.lift(ip("10.0.0.1"))])
        door.now = try #require(door.policy.nextSweep)
        door.steps = []
        door.take(door.policy.sweep(at: door.now))
        let pair = LoginPair(address: ip("10.0.0.2"), user: Username("alice".utf8))
        #expect(door.steps == [.charge(pair, 0, last: .zero)])
        #expect(door.policy.nextSweep == nil)
    }

    @Test func `a full table drops the oldest counters first, never a ban before a counter`() {
        var rules = BanRules()
        rules.capacity = 128
        var door = Door(rules)
        _ = door.wrong(3, from: "10.0.0.1")
        _ = door.wrong(2, from: "10.0.0.2")
        for host in 3...200 {
            door.now += .milliseconds(1)
            _ = door.wrong(2, from: "10.0.0.\(host)")
        }
        #expect(door.steps.contains(.madeRoom(2)))
        #expect(door.login("bob", right: true, from: "10.0.0.1") == .refused, "the ban is still there")
        _ = door.wrong(1, from: "10.0.0.2")
        #expect(door.login("alice", right: true, from: "10.0.0.2") == .accepted, "the oldest counter is not")
        _ = door.wrong(1, from: "10.0.0.200")
        #expect(door.login("alice", right: true, from: "10.0.0.200") == .refused, "the newest is")
    }

    @Test func `a table full of bans drops the one that ends first`() {
        var rules = BanRules()
        rules.capacity = 64
        var door = Door(rules)
        for host in 1...65 {
            door.now += .milliseconds(1)
            _ = door.wrong(3, from: "10.0.0.\(host)")
        }
        #expect(door.login("alice", right: true, from: "10.0.0.1") == .accepted)
        #expect(door.login("alice", right: true, from: "10.0.0.3") == .refused)
    }
}
