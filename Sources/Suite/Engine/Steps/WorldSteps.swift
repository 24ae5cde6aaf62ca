/// Steps that change or examine the world: clock, server, directory, processes.

import Posix
import Results
import Transcript
import World

/// Belongs to the thread that began the transcript.
final class WorldSteps {
    let performance: Performance
    let wire: Wire
    private(set) var line = 0

    init(_ performance: Performance, _ wire: Wire) { (self.performance, self.wire) = (performance, wire) }

    private var world: World { performance.world }
    var recorder: Recorder { performance.recorder }
    private var timeout: Duration { wire.timeout }

    /// - Parameter frame: where a client's connection is looked up.
    func play(_ action: WorldAction, line: Int, in frame: Frame) throws(Stop) {
        self.line = line
        if !world.server.isOurs, let reason = AttachedServer.hides(action) { throw .untested(reason) }
        recorder.noteWorld(action.printed(), line: line)
        switch action {
        case .advance, .wall, .boot, .clock: try moveClock(action)
        case .later(let duration): try letPass(duration)
        case .server(let action): try server(action)
        case .directory(let action): try directory(action)
        case .killSession(let client): try killSession(frame.connection(client))
        case .binds(let count): try binds(count)
        case .bindsAnew:
            let directory = try ourDirectory()
            do throws(WorldFailure) { try directory.markBinds() } catch { throw .broken(error) }
        case .zombies(let count): try zombies(count)
        case .outsideUnchanged: try outsideUnchanged()
        case .measure(let quantity, let comparison, let limit): try measure(quantity, comparison, limit)
        }
    }

    private func moveClock(_ action: WorldAction) throws(Stop) {
        // What clients have sent belongs to the time before the move.
        try wire.flushAll()
        let clock = world.stage.clock
        let isForeign = !world.program.isReference
        // Waits until a thread that was started to sleep a ban out does sleep.
        if isForeign { try wire.letServerRest() }
        if world.clockMode == .real { return try waitReally(action) }
        world.clockWillMove()
        switch action {
        case .advance(let duration):
            // A clock that flows has already advanced by the real time since the last byte.
            let passed = isForeign ? Clock.system.now() - wire.network.lastProgress : .zero
            clock.advance(by: max(.zero, duration - passed))
            if isForeign { world.clockHasMoved() }
        case .wall(let duration): clock.shiftWall(by: duration)
        case .boot where isForeign: throw .untested("this server takes the machine's boot for its own")
        case .boot: clock.reboot()
        case .clock(frozen: true) where isForeign: throw .untested("this server's clock can be moved, not stopped")
        case .clock(let frozen): clock.setFrozen(frozen)
        default: break
        }
        world.settled = Clock.system.now() + .milliseconds(Clock.virtualSlice + 5)
        if isForeign {
            // The server acts on what is now due before the next step, such as a thread that wakes to lift a ban.
            try wire.settle()
            try wire.letServerRest()
        }
    }

    /// Nothing is judged by it, so a clock that nobody looks at is no obstacle.
    private func letPass(_ duration: Duration) throws(Stop) {
        try wire.flushAll()
        let seesClock = world.program.isReference || world.stage.clock.signsOfUse > 0
        if world.server.isOurs, world.clockMode != .real, seesClock { return world.stage.clock.advance(by: duration) }
        let end = Clock.system.now() + duration
        while Clock.system.now() < end { try wire.pump(until: end) }
    }

    /// Under --clock real the suite waits instead of moving the clock, up to five minutes.
    private func waitReally(_ action: WorldAction) throws(Stop) {
        guard case .advance(let duration) = action else {
            throw .untested("the machine's own clock is not set: --clock real")
        }
        if duration > .seconds(300) { throw .untested("it would take \(duration.written()) of real time") }
        let end = Clock.system.now() + duration
        while Clock.system.now() < end { try wire.pump(until: end) }
    }

    private func server(_ action: ServerAction) throws(Stop) {
        if action == .start || action == .restart { performance.wasRestarted = true }
        do {
            switch action {
            case .stop: try stopServer()
            case .kill:
                world.isStopped = true
                world.server.kill()
            case .start:
                wire.forgetConnections()
                try world.startServer()
            case .restart:
                try stopServer()
                wire.forgetConnections()
                try world.startServer()
            }
        } catch let stop as Stop {
            throw stop
        } catch let failure as WorldFailure {
            switch failure {
            case .serverDidNotStart(let text), .serverIsSilent(let text):
                throw Stop.unmet(["the server starts again"], text)
            case .missing, .broken, .interrupted: throw .broken(failure)
            }
        } catch {
            throw fault("\(error)")
        }
    }

    private func stopServer() throws(Stop) {
        if let crash = performance.crash { throw Stop.unmet(["a server to stop"], crash) }
        try wire.flushAll()
        world.isStopped = true
        var halted: Stop?
        let result = world.server.stop(patience: .seconds(3) * wire.options.slow) {
            do throws(Stop) { try wire.pump(until: Clock.system.now() + .milliseconds(1)) } catch { halted = error }
        }
        if let halted { throw halted }
        if !result.orderly {
            recorder.noteWorld("it did not end on TERM within 3 s and was killed", line: line)
        }
    }

    private func directory(_ action: DirectoryAction) throws(Stop) {
        let directory = try ourDirectory()
        let isAboutTLS = [.noTLS, .expired, .otherHost, .otherAuthority].contains(action)
        if isAboutTLS, try countBinds() > 0, !directory.askedForTLS {
            throw .untested("this server has asked the directory for no encryption")
        }
        do throws(WorldFailure) {
            switch action {
            case .stop: try directory.halt()
            case .start: try directory.resume()
            case .hang: try directory.hang()
            case .noTLS: try directory.refuseTLS()
            case .expired, .otherHost, .otherAuthority: try directory.show(certificate: action.rawValue)
            }
        } catch {
            throw .broken(error)
        }
    }

    private func ourDirectory() throws(Stop) -> LDAPDirectory {
        guard let directory = world.directory else { throw .untested(AttachedServer.directoryReason) }
        return directory
    }

    private func killSession(_ connection: Connection) throws(Stop) {
        guard let socket = connection.socket else { throw fault("connection \(connection.label) is not open") }
        let remote = (socket.local, socket.remote)
        let owners = world.server.tree.owners(ofPeerOf: remote.0, remote: remote.1)
        guard let session = owners.last else {
            throw .untested("no process of the server could be seen to hold the connection")
        }
        if owners.count == 1 && session == world.server.tree.members.first?.pid {
            throw .untested("the server serves every connection in one process")
        }
        _ = try? session.send(signal: 9)
    }

    /// Waits until the directory has seen `wanted` binds, and then until nobody is about to ask it again.
    private func binds(_ wanted: Int) throws(Stop) {
        let deadline = Clock.system.now() + timeout
        let directory = try ourDirectory()
        do {
            let watch = try directory.watchLog()
            while try countBinds() < wanted && Clock.system.now() < deadline {
                try wire.pump(until: Clock.system.now())
                _ = try watch.changed(until: min(deadline, Clock.system.now() + .milliseconds(20)))
            }
        } catch let stop as Stop {
            throw stop
        } catch {
            throw .broken(.broken("slapd's log cannot be watched: \(error)"))
        }
        if try countBinds() == wanted { try wire.provePause(on: []) }
        let binds = try countBinds()
        if binds != wanted {
            throw Stop.unmet(["\(wanted) binds at the directory"], "\(binds)", seen: binds > wanted ? [.binds] : [])
        }
        recorder.check()
    }

    private func countBinds() throws(Stop) -> Int {
        let directory = try ourDirectory()
        do { return try directory.binds() } catch { throw .broken(error) }
    }

    private func zombies(_ most: Int) throws(Stop) {
        let deadline = Clock.system.now() + .seconds(1) * wire.options.slow
        var count = world.server.tree.zombies
        while count > most && Clock.system.now() < deadline {
            try wire.pump(until: Clock.system.now() + .milliseconds(2))
            count = world.server.tree.zombies
        }
        if count > most { throw Stop.unmet(["at most \(most) zombies"], "\(count) after one second", seen: [.zombies]) }
        recorder.check()
    }

    private func outsideUnchanged() throws(Stop) {
        let now = world.stage.outside()
        let changed = Set(now.keys).union(world.outside.keys).filter { now[$0] != world.outside[$0] }.sorted()
        if !changed.isEmpty {
            throw Stop.unmet(
                ["nothing outside the spool changes"], "changed: " + changed.joined(separator: ", "), seen: [.outside])
        }
        recorder.check()
    }

    private func fault(_ text: String) -> Stop { .fault(Place(line: line), text) }
}
