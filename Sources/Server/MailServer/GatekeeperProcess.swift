/// The gatekeeper as the supervisor sees it: started, watched, started again, ended with the server.

import Logging
import Posix
import SystemPackage

struct GatekeeperProcess: ~Copyable {
    /// An executable beside the server's own.
    static let program = "twmailer-gatekeeper"

    private let path: String
    private let arguments: [String]
    /// How often it is asked in vain, once a second, before it counts as hung: its loop waits for nothing but the disk.
    /// Turns are counted, not seconds, because a machine that was suspended has missed no answer.
    private static let patience = 5
    /// … while it reads back what an earlier one has left.
    private static let turnsAtStart = 60
    /// The same for the first one, which nobody asks yet.
    static let patienceAtStart = Duration.seconds(turnsAtStart)

    /// Lives as long as the supervisor, so a login that comes while no gatekeeper runs waits in its queue.
    private var listener: OwnedDescriptor?
    /// It sends back what it is sent, a first byte once it is ready, and ends when the supervisor's end is gone.
    private(set) var lifeline: OwnedDescriptor?
    private var process: ProcessID?
    private var started = Duration.zero
    private var turnsLeft = 0
    /// When it is to be asked whether it is still there; or, after its end, started again.
    private(set) var dueAt: Duration?

    static func prepare(
        path: String, arguments: [String], spool: borrowing Directory
    ) throws(Supervisor.StartFailure) -> Self {
        do {
            let listener = try Sockets.listenLocally(spool, GatekeeperLine.socketName)
            return GatekeeperProcess(path: path, arguments: arguments, listener: listener, lifeline: nil)
        } catch {
            throw .socket(name: GatekeeperLine.socketName, error)
        }
    }

    /// In a session: gives up the copies of what is the supervisor's, above all the lifeline.
    mutating func forget() {
        listener = nil
        lifeline = nil
        process = nil
    }

    func isProcess(_ pid: ProcessID) -> Bool { process == pid }

    mutating func start(at now: Duration) throws(Errno) {
        let pair = try Sockets.pair(keepingMessages: false)
        lifeline = try pair.first.duplicate()
        var spawn = Spawn(path, arguments)
        spawn.descriptors = [2: 2, 3: listener.number, 4: pair.second.number]
        process = try spawn.start()
        started = now
        turnsLeft = Self.turnsAtStart
        dueAt = now + .seconds(1)
    }

    /// Reads what it has said on the lifeline, or that it has ended.
    mutating func hear() {
        var answers = [UInt8](repeating: 0, count: Self.turnsAtStart)
        if let count = try? read(lifeline.number, into: &answers, at: 0..<answers.count), count > 0 {
            turnsLeft = Self.patience
        } else {
            lifeline = nil
        }
    }

    /// What is due: a question, or the end of one that hangs, or a new one. That comes only when the old one's end is
    /// known, so there are never two.
    mutating func attend(at now: Duration, log: Logger) {
        guard let process else { return restart(at: now, log: log) }
        guard turnsLeft > 0 else {
            log.critical("gatekeeper-hangs")
            try? process.send(signal: Signals.kill)
            dueAt = nil
            return
        }
        turnsLeft -= 1
        _ = try? Sockets.send(lifeline.number, [1].span)
        dueAt = now + .seconds(1)
    }

    /// Waits for the end of one that gave up before it was ready.
    mutating func waitForEnd() -> Ending {
        defer { process = nil }
        return (try? process?.wait()) ?? .exited(1)
    }

    /// Ends one that is not ready yet.
    mutating func kill() {
        try? process?.send(signal: Signals.kill)
        _ = waitForEnd()
    }

    /// It has ended: at once again, but no more than once a second.
    mutating func ended(_ ending: Ending, at now: Duration, log: Logger) {
        log.critical("gatekeeper-ended", metadata: ["status": "\(ending)"])
        process = nil
        lifeline = nil
        dueAt = now - started > .seconds(1) ? now : now + .seconds(1)
    }

    private mutating func restart(at now: Duration, log: Logger) {
        do {
            try start(at: now)
            log.notice("gatekeeper-restarted")
        } catch {
            log.critical("gatekeeper-not-started", metadata: ["error": "\(error)"])
            dueAt = now + .seconds(1)
        }
    }

    /// Breaks the lifeline, at which it ends by itself, and makes sure of it.
    consuming func stop() {
        lifeline = nil
        guard let process else { return }
        let clock = Clock.system
        let deadline = clock.now() + .seconds(2)
        while clock.now() < deadline {
            if (try? process.ended()) != .some(nil) { return }
            var none: [PollEntry] = []
            _ = try? clock.poll(&none, until: clock.now() + .milliseconds(5))
        }
        try? process.send(signal: Signals.kill)
        _ = try? process.wait()
    }
}
