/// The gatekeeper as the supervisor sees it: started, watched, started again, ended with the server.

import Logging
import Posix
import SystemPackage

struct GatekeeperProcess: ~Copyable {
    /// An executable beside the server's own.
    static let program = "twmailer-gatekeeper"

    private let path: String
    private let arguments: [String]
    /// Lives as long as the supervisor, so a login that comes while no gatekeeper runs waits in its queue.
    private var listener: OwnedDescriptor?
    /// Nobody writes to it: the gatekeeper ends when the supervisor's end is gone.
    private var lifeline: Pipe
    private var process: ProcessID?
    private var started = Duration.zero
    private(set) var restartAt: Duration?

    static func prepare(path: String, arguments: [String], spool: borrowing Directory) throws(Errno) -> Self {
        GatekeeperProcess(
            path: path, arguments: arguments,
            listener: try Sockets.listenLocally(spool, GatekeeperLine.socketName), lifeline: try Pipe.make())
    }

    /// In a session: gives up the copies of what is the supervisor's, above all the lifeline.
    mutating func forget() {
        listener = nil
        lifeline.reading = nil
        lifeline.writing = nil
        process = nil
    }

    func isProcess(_ pid: ProcessID) -> Bool { process == pid }

    /// Starts it and returns the pipe on which it writes one byte when it is ready to answer.
    @discardableResult
    mutating func start(at now: Duration) throws(Errno) -> Pipe {
        var ready = try Pipe.make()
        var spawn = Spawn(path, arguments)
        spawn.descriptors = [2: 2, 3: listener.number, 4: lifeline.reading.number, 5: ready.writing.number]
        process = try spawn.start()
        started = now
        restartAt = nil
        ready.writing = nil
        return ready
    }

    /// Waits for the end of one that gave up before it was ready.
    mutating func waitForEnd() -> Ending {
        defer { process = nil }
        return (try? process?.wait()) ?? .exited(1)
    }

    /// It has ended: at once again, but no more than once a second.
    mutating func ended(_ ending: Ending, at now: Duration, log: Logger) {
        log.critical("gatekeeper-ended", metadata: ["status": "\(ending)"])
        process = nil
        restartAt = now - started > .seconds(1) ? now : now + .seconds(1)
    }

    mutating func restart(at now: Duration, log: Logger) {
        do {
            try start(at: now)
            log.notice("gatekeeper-restarted")
        } catch {
            log.critical("gatekeeper-not-started", metadata: ["error": "\(error)"])
            restartAt = now + .seconds(1)
        }
    }

    /// Breaks the lifeline, at which it ends by itself, and makes sure of it.
    consuming func stop() {
        lifeline.writing = nil
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
