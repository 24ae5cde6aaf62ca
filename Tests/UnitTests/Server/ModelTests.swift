/// Random sessions against the model, in this process: sessions, spool, ban policy and its files, without sockets of
/// the network, slapd or fork; so there can be many.

import EventLog
import Foundation
import MailCore
import Posix
import SessionModel
import Spool
import Testing
import Transcript
import World

@testable import Gatekeeper
@testable import MailServer

@Suite struct `Random sessions in this process` {
    /// scripts/deep/model-test plays more: TWMAILER_MODEL_SEEDS=1-20 TWMAILER_MODEL_STEPS=10000.
    @Test(arguments: ModelSeeds.chosen(or: 1...8))
    func `hear what the model says`(seed: UInt64) throws {
        let found = try ModelRun.play(ModelSeeds.steps(or: 2000), seed: seed, on: InProcessWorld())
        guard let found else { return }
        let shortest = try ModelRun.shortened(found, plays: 300) { try $0(InProcessWorld()) }
        Issue.record("seed \(seed), after \(found.steps.count) steps; these show it too:\n\(shortest)")
    }
}

/// A server's parts put together as its programs do, in a folder and a time of their own.
private final class InProcessWorld: ModelledWorld {
    private let path: String
    private let page: ClockPage
    private var gate: Gate
    private var spool: Spool?

    init() throws {
        // No disk: what is durable is another test's question.
        path = try makeTemporaryFolder((isFolder("/dev/shm") ? "/dev/shm" : "/tmp") + "/twmodel")
        page = try ClockPage(
            creating: path + "/clock", flowing: false, wall: .seconds(1_772_452_800), boot: .seconds(9))
        gate = try Gate(path + "/gate", Clock(page: page))
        spool = try Spool.open(path: path + "/spool", clock: Clock(page: page))
    }

    deinit { try? removeTree(path) }

    func advance(milliseconds: Int) { page.advance(by: .milliseconds(milliseconds)) }

    func restart() throws {
        try killGatekeeper()
        spool = nil
        spool = try Spool.open(path: path + "/spool", clock: Clock(page: page))
    }

    func killGatekeeper() throws {
        gate.close()
        gate = try Gate(path + "/gate", Clock(page: page))
        // Sessions find the new one where the old one was.
        current.gate = gate
    }

    private final class Current { var gate: Gate? }
    private lazy var current: Current = {
        let current = Current()
        current.gate = gate
        return current
    }()

    func connect(from address: UInt8) throws -> OwnedDescriptor {
        let pair = try Sockets.pair(keepingMessages: false)
        var limits = Limits()
        (limits.loginTimeout, limits.idleTimeout) = (.seconds(1 << 40), .seconds(1 << 40))
        let current = current
        let world = SessionWorld(
            clock: Clock(page: page), limits: limits,
            log: EventLog.logger(level: .critical, format: .text, clock: .system) { _ in }, spool: spool!, stop: -1,
            verdict: { current.gate!.verdict(on: $0) }, loggedIn: { _ in })
        let client = ClientAddress(Array(repeating: 0, count: 10) + [0xff, 0xff, 127, 0, 0, address])!
        let number = try pair.second.duplicate().release()
        // One session at a time has something to do, so nothing here is used by two threads at once.
        nonisolated(unsafe) let serve = { Session.serve(OwnedDescriptor(owning: number), from: client, in: world) }
        Thread { serve() }.start()
        return try pair.first.duplicate()
    }
}

/// The gatekeeper without its loop: policy and files.
private final class Gate {
    private var policy = BanPolicy(rules: BanRules())
    private var state: StateFolder?
    private let clock: Clock
    private var last: UInt64 = 0

    init(_ path: String, _ clock: Clock) throws {
        self.clock = clock
        let log = EventLog.logger(level: .critical, format: .text, clock: .system) { _ in }
        state = try StateFolder.open(path: path, clock: clock, log: log, restoring: &policy)
    }

    func close() { state = nil }

    func verdict(on attempt: LoginAttempt) -> Verdict {
        let now = clock.now()
        last += 1
        let mine = AttemptID(last)
        var steps = policy.nextSweep.map { $0 <= now ? policy.sweep(at: now) : [] } ?? []
        steps += policy.arrived(
            mine, LoginPair(address: attempt.address, user: attempt.user),
            asksDirectory: attempt.user != nil && attempt.password != nil, at: now)
        var verdict: Verdict?
        while !steps.isEmpty {
            switch steps.removeFirst() {
            case .charge(let pair, let count, let last): state!.charge(pair, count, last: last)
            case .ban(let address, let end): state!.ban(address, until: end)
            case .lift(let address): state!.lift(address)
            case .answer(let id, let answer, _): if id == mine { verdict = answer }
            case .ask(let id):
                let name = attempt.user!.description
                let right =
                    ["alice", "bob", "carol", "dave"].contains(name)
                    && attempt.password!.bytes == Array("\(name)-secret".utf8)
                steps += policy.directorySaid(right, to: id, at: now)
            case .madeRoom: break
            }
        }
        return verdict!
    }
}
