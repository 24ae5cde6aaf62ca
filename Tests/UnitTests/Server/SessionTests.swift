/// A whole session in this process: bytes in at one end of a socket pair, replies out of it.

import EventLog
import MailCore
import Posix
import Spool
import Testing
import Transcript

@testable import MailServer

@Suite struct `A session` {
    private let world = SpoolWorld()

    /// Everything the client hears when it says `input` and then no more.
    private func heard(
        _ input: String, limits: Limits = Limits(), clock: Clock = .system,
        verdict: @escaping (LoginAttempt) -> Verdict = byPassword
    ) throws -> String {
        let pair = try Sockets.pair(keepingMessages: false)
        try writeAll(pair.first.number, Array(input.utf8).span)
        Sockets.finishWriting(pair.first.number)
        let spool = try world.open()
        try pair.second.setNonblocking(true)
        Session.serve(
            try pair.second.duplicate(), from: ClientAddress(Array(repeating: 0, count: 15) + [1])!,
            in: SessionWorld(
                clock: clock, limits: limits,
                log: EventLog.logger(level: .critical, format: .text, clock: .system), spool: spool, stop: -1,
                verdict: verdict, loggedIn: { _ in }))
        var answer = [UInt8](repeating: 0, count: 65_536)
        let count = try read(pair.first.number, into: &answer, at: 0..<answer.count)
        return String(decoding: answer[..<count], as: UTF8.self)
    }

    private static func byPassword(_ attempt: LoginAttempt) -> Verdict {
        guard let user = attempt.user, let password = attempt.password else { return .refused }
        return password.bytes == user.bytes + Array("-secret".utf8) ? .accepted : .refused
    }

    private func login(_ user: String) -> String { "LOGIN\n\(user)\n\(user)-secret\n" }

    @Test func `carries a message from one user to another`() throws {
        let sent = try heard(login("alice") + "SEND\nbob\nlunch\nat noon?\n\n..\n.\nLIST\nQUIT\n")
        #expect(sent == "OK\nOK\n0\n")
        let got = try heard(login("bob") + "LIST\nREAD\n1\nDEL\n1\nREAD\n1\nLIST\n")
        #expect(got == "OK\n1\nlunch\nOK\nalice\nbob\nlunch\nat noon?\n\n..\n.\nOK\nERR\n0\n")
    }

    @Test func `counts what has arrived since the last LIST as the next numbers`() throws {
        _ = try heard(login("alice") + "SEND\nbob\none\n.\nSEND\nbob\ntwo\n.\n")
        let got = try heard(
            login("bob") + "READ\n2\nSEND\nbob\nthree\n.\nDEL\n1\nREAD\n3\nREAD\n1\nREAD\n4\nLIST\nDEL\n1\nLIST\n")
        let mail = { (from: String, subject: String) in "OK\n\(from)\nbob\n\(subject)\n.\n" }
        #expect(
            got == "OK\n" + mail("alice", "two") + "OK\nOK\n" + mail("bob", "three")
                + "ERR\nERR\n2\ntwo\nthree\nOK\n1\nthree\n")
    }

    @Test func `stores nothing of a message whose end never came`() throws {
        #expect(try heard(login("alice") + "SEND\nbob\nhalf\ntext\n") == "OK\n")
        #expect(try heard(login("bob") + "LIST\n") == "OK\n0\n")
        #expect(world.names(".tmp") == [])
    }

    @Test func `refuses a message over the limit, takes the rest of it and goes on`() throws {
        var limits = Limits()
        limits.maximumMessage = 100
        let long = String(repeating: "DEL\n1\n", count: 40)
        #expect(try heard(login("alice") + "SEND\nalice\nlong\n\(long).\nLIST\n", limits: limits) == "OK\nERR\n0\n")
        #expect(world.names(".tmp") == [])
        for (length, reply) in [(99, "OK\nOK\n"), (100, "OK\nERR\n")] {
            let text = String(repeating: "x", count: length)
            #expect(
                try heard(login("alice") + "SEND\nalice\n\n\(text)\n.\n", limits: limits) == reply, "\(length) and LF")
        }
    }

    @Test func `answers ERR when there is no verdict`() throws {
        #expect(try heard(login("alice") + "LIST\n", verdict: { _ in .unavailable }) == "ERR\nERR\n")
    }

    @Test func `hands the gatekeeper no password that breaks the rules`() throws {
        var seen: [Bool] = []
        _ = try heard("LOGIN\nalice\n\nLOGIN\nalice\n x\nLOGIN\nalice\nx\n") { attempt in
            seen.append(attempt.password != nil)
            return .refused
        }
        #expect(seen == [false, false, true])
    }

    @Test func `hears nothing more after 65,536 bytes without a line end`() throws {
        #expect(try heard("LIST\n" + String(repeating: "x", count: 65_536) + "\nLIST\n") == "ERR\n")
    }

    /// T11: a client whose next lines are always there already was never waited for, and so never late.
    @Test func `hears nothing more when the time for the login is over, however much it has said`() throws {
        let spool = try world.open()  // makes the folder
        let page = try ClockPage(creating: world.path + "/clock", flowing: false, wall: .zero, boot: .seconds(1000))
        let answers = try withExtendedLifetime(spool) {
            try heard(
                "LOGIN\na\nb\n" + String(repeating: String(repeating: "x", count: 1000) + "\n", count: 70),
                clock: Clock(page: page)
            ) { _ in
                page.advance(by: Limits().loginTimeout)
                return .refused
            }
        }
        #expect(answers == "ERR\n")
    }
}

@Suite struct `The table of sessions` {
    private func address(_ last: UInt8) -> ClientAddress {
        ClientAddress(Array(repeating: 0, count: 10) + [0xff, 0xff, 127, 0, 0, last])!
    }

    private func limits(_ total: Int, _ perAddress: Int, _ beforeLogin: Int) -> Limits {
        var limits = Limits()
        (limits.sessions, limits.sessionsPerAddress, limits.sessionsBeforeLogin) = (total, perAddress, beforeLogin)
        return limits
    }

    private func refusal(_ table: inout SessionTable, _ last: UInt8, pid: Int32) -> SessionTable.Refusal? {
        switch table.reserve(for: address(last)) {
        case .success(let place):
            table.began(ProcessID(pid), slot: place.slot, from: address(last))
            return nil
        case .failure(let refusal): return refusal
        }
    }

    @Test func `takes no more than its total, and frees a place at an end`() throws {
        var table = try SessionTable(limits: limits(2, 9, 9))
        #expect(refusal(&table, 1, pid: 1) == nil)
        #expect(refusal(&table, 2, pid: 2) == nil)
        #expect(refusal(&table, 3, pid: 3) == .total)
        let (once, twice) = (table.ended(ProcessID(1)), table.ended(ProcessID(1)))
        #expect(once?.address == address(1) && once?.wasDismissed == false && twice == nil)
        #expect(refusal(&table, 3, pid: 4) == nil)
    }

    @Test func `takes no more than its share from one address`() throws {
        var table = try SessionTable(limits: limits(9, 1, 9))
        #expect(refusal(&table, 1, pid: 1) == nil)
        #expect(refusal(&table, 1, pid: 2) == .perAddress)
        #expect(refusal(&table, 2, pid: 3) == nil)
    }

    /// T29: whoever has one IPv6 address has 2^64 of them.
    @Test func `counts an IPv6 network as one address, with its share and as a crowd`() throws {
        func host(_ network: UInt8, _ number: UInt8) -> ClientAddress {
            ClientAddress([0xfd, 0, 0, 0, 0, 0, 0, network] + Array(repeating: number, count: 8))!
        }
        var table = try SessionTable(limits: limits(9, 2, 3))
        for (pid, address) in [host(1, 1), host(1, 2), host(2, 1)].enumerated() {
            guard case .success(let place) = table.reserve(for: address) else {
                Issue.record("\(address) is refused")
                return
            }
            table.began(ProcessID(Int32(pid)), slot: place.slot, from: address)
        }
        guard case .failure(.perAddress) = table.reserve(for: host(1, 3)) else {
            Issue.record("a third of the first network is let in")
            return
        }
        guard case .success(let place) = table.reserve(for: host(3, 1)) else {
            Issue.record("a newcomer is refused")
            return
        }
        #expect(place.making?.process == ProcessID(0))
        #expect(table.ended(ProcessID(0))?.address == host(1, 1))
        #expect(try table.reserve(for: host(1, 3)).get().making == nil)
    }

    @Test func `a login makes room for another that has not logged in`() throws {
        var table = try SessionTable(limits: limits(9, 9, 1))
        guard case .success(let place) = table.reserve(for: address(1)) else { return }
        table.began(ProcessID(1), slot: place.slot, from: address(1))
        #expect(refusal(&table, 1, pid: 2) == .beforeLogin)
        table.loggedIn[place.slot] = 1
        #expect(refusal(&table, 1, pid: 3) == nil)
    }

    /// CONC-1: who only connects, however often, keeps nobody else out.
    @Test func `of a crowd before login the oldest goes for an address that has fewer`() throws {
        var table = try SessionTable(limits: limits(9, 9, 3))
        for (pid, last) in [(1, 7), (2, 8), (3, 8)] as [(Int32, UInt8)] {
            #expect(refusal(&table, last, pid: pid) == nil)
        }
        #expect(refusal(&table, 8, pid: 4) == .beforeLogin, "the crowd makes room for none of its own")
        guard case .success(let place) = table.reserve(for: address(9)) else {
            Issue.record("a newcomer is refused")
            return
        }
        #expect(place.making?.process == ProcessID(2) && place.making?.address == address(8))
        table.began(ProcessID(5), slot: place.slot, from: address(9))
        let dismissed = table.ended(ProcessID(2))
        #expect(dismissed?.wasDismissed == true)
        #expect(refusal(&table, 7, pid: 6) == .beforeLogin, "now each has one")
    }

    /// T14: many addresses with a connection each; who has just come would otherwise be as likely to go as the first.
    @Test func `of crowds that are alike the oldest goes`() throws {
        for first in UInt8(0)..<50 {
            var table = try SessionTable(limits: limits(9, 9, 4))
            for number in UInt8(1)...4 { #expect(refusal(&table, first + number, pid: Int32(number)) == nil) }
            let place = try table.reserve(for: address(first + 5)).get()
            #expect(place.making?.process == ProcessID(1))
        }
    }
}

@Suite struct `A message's pace` {
    @Test func `is the average of a window, once people have had their time`() {
        let limits = Limits()
        var pace = Pace(start: .zero, limits: limits)
        let blocks = [(1, 659), (29_999, 660), (29_998, 719), (1, 720)]
        let verdicts = blocks.map { pace.keepsUp(with: $0.0, at: .seconds($0.1), limits: limits) }
        #expect(verdicts == [true, true, true, false])
    }
}
