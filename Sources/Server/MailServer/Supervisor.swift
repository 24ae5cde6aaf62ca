/// The process that listens, forks a session for each client, and sees every child off; it reads no client's byte.

import EventLog
package import Logging
import MailCore
package import Posix
package import Spool
package import SystemPackage

/// One thread, no Task, no Dispatch: a forked child has only the thread that forked (fork(2)).
package struct Supervisor: ~Copyable {
    /// The supervisor's own: its pauses end though virtual time stands still.
    let clock = Clock.system
    /// What every session is given.
    let sessionWorld: SessionWorld
    let limits: Limits
    let log: Logger
    let spool: Spool
    var bounds: Bounds
    /// nil once the server stops.
    var listener: OwnedDescriptor?
    let signals: Int32
    /// Nobody writes to it: its end tells every session at once that the server stops.
    var stopping: Pipe
    var gatekeeper: GatekeeperProcess
    var sessions: SessionTable
    var refusals = RareLines()
    /// The listener is left alone until then: polling it without a free descriptor would spin (PROC-5).
    var pausedUntil: Duration?

    package struct Setting {
        package var clock: Clock
        package var limits: Limits
        package var log: Logger
        package var gatekeeperPath: String
        package var gatekeeperArguments: [String]
        package var verdictTimeout: Duration
        /// All files and folders that are ever written while the server runs.
        package var changes: [String]

        package init(
            clock: Clock, limits: Limits, log: Logger, gatekeeperPath: String, gatekeeperArguments: [String],
            verdictTimeout: Duration, changes: [String]
        ) {
            self.clock = clock
            self.limits = limits
            self.log = log
            self.gatekeeperPath = gatekeeperPath
            self.gatekeeperArguments = gatekeeperArguments
            self.verdictTimeout = verdictTimeout
            self.changes = changes
        }
    }

    package enum StartFailure: Error {
        case system(Errno)
        /// The socket at which logins are asked about.
        case socket(name: String, Errno)
        /// It said why on standard error.
        case gatekeeper(Ending)
        /// It has said nothing for a minute.
        case gatekeeperHangs
        /// By TERM or INT.
        case stopped
    }

    /// Starts the gatekeeper and returns when it is ready; nobody is served before `run`.
    package static func start(
        _ setting: Setting, listener: consuming OwnedDescriptor, spool: Spool
    ) throws(StartFailure) -> Supervisor {
        do {
            Signals.turnIntoErrors()
            mergeFreedMemory()
            try Rehearsal.play(setting, spool: spool)
            let stopping = try Pipe.make()
            let sessions = try SessionTable(limits: setting.limits)
            let line = GatekeeperLine(
                path: Sockets.localPath(spool.folder, GatekeeperLine.socketName), clock: setting.clock,
                timeout: setting.verdictTimeout)
            let world = SessionWorld(
                clock: setting.clock, limits: setting.limits, log: setting.log, spool: spool,
                stop: stopping.reading.number, verdict: { line.verdict(on: $0) },
                loggedIn: { [loggedIn = sessions.loggedIn] slot in loggedIn[slot] = 1 })
            var supervisor = Supervisor(
                sessionWorld: world, limits: setting.limits, log: setting.log, spool: spool,
                bounds: try Bounds.draw(around: spool, changes: setting.changes, log: setting.log), listener: listener,
                signals: try Signals.catching([Signals.child, Signals.terminate, Signals.interrupt]),
                stopping: stopping,
                gatekeeper: try GatekeeperProcess.prepare(
                    path: setting.gatekeeperPath, arguments: setting.gatekeeperArguments, spool: spool.folder),
                sessions: sessions)
            try supervisor.gatekeeper.start(at: supervisor.clock.now())
            try supervisor.awaitGatekeeper()
            return supervisor
        } catch {
            let failure = error as? StartFailure ?? .system(error as? Errno ?? .ioError)
            if case .socket = failure { throw failure }
            try? spool.folder.unlink(GatekeeperLine.socketName)
            throw failure
        }
    }

    /// Returns once it is ready; if it is not in time, or is not wanted any more, it has ended.
    private mutating func awaitGatekeeper() throws {
        let deadline = clock.now() + GatekeeperProcess.patienceAtStart
        while true {
            var entries = [PollEntry(signals, .readable), PollEntry(gatekeeper.lifeline.number, .readable)]
            _ = try clock.poll(&entries, until: deadline)
            if !entries[1].ready.isEmpty {
                gatekeeper.hear()
                if gatekeeper.lifeline.number >= 0 { return }
                throw StartFailure.gatekeeper(gatekeeper.waitForEnd())
            }
            let isStopped = try Signals.arrived(on: signals).contains { $0 != Signals.child }
            guard isStopped || clock.now() >= deadline else { continue }
            gatekeeper.kill()
            throw isStopped ? StartFailure.stopped : .gatekeeperHangs
        }
    }

    /// Serves until TERM or INT; returns once every child is gone.
    package consuming func run() throws(Errno) {
        try bounds.enter()
        var asked = false
        while !asked {
            var entries = [
                PollEntry(signals, .readable), PollEntry(pausedUntil == nil ? listener.number : -1, .readable),
                PollEntry(gatekeeper.lifeline.number, .readable),
            ]
            _ = try clock.poll(&entries, until: [pausedUntil, gatekeeper.dueAt].compactMap(\.self).min())
            asked = try heedSignals()
            let now = clock.now()
            if let until = pausedUntil, now >= until { pausedUntil = nil }
            if !entries[2].ready.isEmpty { gatekeeper.hear() }
            if let due = gatekeeper.dueAt, now >= due, !asked { gatekeeper.attend(at: now, log: log) }
            if !asked, !entries[1].ready.isEmpty { acceptClients() }
        }
        try stop()
    }

    /// True when the server is asked to stop.
    private mutating func heedSignals() throws(Errno) -> Bool {
        let arrived = try Signals.arrived(on: signals)
        if arrived.contains(Signals.child) { try reap() }
        return arrived.contains(Signals.terminate) || arrived.contains(Signals.interrupt)
    }

    /// Sees off every child that has ended: no zombie stays, and its place is free again (PROC-1).
    private mutating func reap() throws(Errno) {
        while let (process, ending) = try ProcessID.reap() {
            if gatekeeper.isProcess(process) {
                gatekeeper.ended(ending, at: clock.now(), log: log)
            } else if let (address, wasDismissed) = sessions.ended(process), ending != .exited(0), !wasDismissed {
                log.error(
                    "session-crash", metadata: ["ip": "\(address)", "session": "\(process)", "status": "\(ending)"])
            }
        }
    }

    /// No new client; the sessions finish the command they are at. What still runs after the grace time, or
    /// at a second signal, is killed (PROC-6).
    private consuming func stop() throws(Errno) {
        log.notice("stopping", metadata: ["sessions": "\(sessions.count)"])
        listener = nil
        stopping.writing = nil
        let deadline = clock.now() + limits.grace
        while !sessions.isEmpty, clock.now() < deadline {
            var entries = [PollEntry(signals, .readable)]
            _ = try clock.poll(&entries, until: deadline)
            if try heedSignals() { break }
        }
        for process in sessions.dismissAll() { try? process.send(signal: Signals.kill) }
        while !sessions.isEmpty {
            var entries = [PollEntry(signals, .readable)]
            _ = try clock.poll(&entries, until: nil)
            _ = try heedSignals()
        }
        gatekeeper.stop()
        log.notice("stopped")
    }
}
