/// Steps that change or examine the world: clock, server, directory, processes.

import Posix
import TestWorld
import Transcript

extension Player {
    func world(_ action: WorldAction) throws(Stop) {
        if isParallel { throw fault("the world cannot be changed inside parallel") }
        if !scene.server.isOurs, let reason = AttachedServer.hides(action) { throw .untested(reason) }
        effects += 1
        let text = action.printed()
        recorder.note(.world, line: place.line, who: "", Array(text.utf8), count: text.utf8.count)
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
        // What is under way belongs to the time before.
        for connection in network.all where connection.hasOutput { try flush(connection) }
        let clock = scene.stage.clock
        let isForeign = !scene.options.server.isReference
        // A thread that was started to sleep a ban out sleeps by now.
        if isForeign { try letServerRest() }
        if scene.options.clockMode == .real { return try waitReally(action) }
        scene.signsAtMove = clock.signsOfUse
        switch action {
        case .advance(let duration):
            // A clock that flows has come some of the way by itself.
            let passed = isForeign ? Clock.system.now() - network.lastProgress : .zero
            clock.advance(by: max(.zero, duration - passed))
            if isForeign { scene.moved = Clock.system.now() }
        case .wall(let duration): clock.shiftWall(by: duration)
        case .boot where isForeign: throw .untested("this server takes the machine's boot for its own")
        case .boot: clock.reboot()
        case .clock(frozen: true) where isForeign: throw .untested("this server's clock can be moved, not stopped")
        case .clock(let frozen): clock.setFrozen(frozen)
        default: break
        }
        scene.settled = Clock.system.now() + .milliseconds(Clock.virtualSlice + 5)
        if isForeign {
            // What was due is done before the next step: a ban that a sleeping thread lifts is lifted.
            try settle()
            try letServerRest()
        }
    }

    /// Nothing is judged by it, so a clock that nobody looks at is no obstacle.
    private func letPass(_ duration: Duration) throws(Stop) {
        for connection in network.all where connection.hasOutput { try flush(connection) }
        let followsClock =
            scene.server.isOurs && scene.options.clockMode != .real
            && (scene.options.server.isReference || scene.stage.clock.signsOfUse > 0)
        if followsClock { return scene.stage.clock.advance(by: duration) }
        let end = Clock.system.now() + duration
        while Clock.system.now() < end { try pump(until: end) }
    }

    /// The real-time lane: time is not moved but spent, as long as anybody would wait for it.
    private func waitReally(_ action: WorldAction) throws(Stop) {
        guard case .advance(let duration) = action else {
            throw .untested("the machine's own clock is not set: --clock real")
        }
        if duration > .seconds(300) { throw .untested("it would take \(duration.written()) of real time") }
        let end = Clock.system.now() + duration
        while Clock.system.now() < end { try pump(until: end) }
    }

    /// One second at most, for a server that never rests.
    private func letServerRest() throws(Stop) {
        let deadline = Clock.system.now() + .seconds(1) * scene.options.slow
        while !scene.isAtRest(silentSince: network.lastProgress), Clock.system.now() < deadline {
            try pump(until: Clock.system.now())
            pauseBriefly(microseconds: 500)
        }
    }

    private func server(_ action: ServerAction) throws(Stop) {
        do {
            switch action {
            case .stop: try stopServer()
            case .kill:
                scene.isStopped = true
                scene.server.kill()
            case .start:
                forgetConnections()
                try scene.startServer()
            case .restart:
                try stopServer()
                forgetConnections()
                try scene.startServer()
            }
        } catch let stop as Stop {
            throw stop
        } catch let failure as WorldFailure {
            switch failure {
            case .serverDidNotStart(let text), .serverIsSilent(let text):
                throw fail(["the server starts again"], text)
            case .missing, .broken, .interrupted: throw .broken(failure)
            }
        } catch {
            throw fault("\(error)")
        }
    }

    private func stopServer() throws(Stop) {
        if let crash = scene.crash { throw fail(["a server to stop"], crash) }
        for connection in network.all where connection.hasOutput { try flush(connection) }
        scene.isStopped = true
        var halted: Stop?
        let result = scene.server.stop(patience: .seconds(3) * scene.options.slow) {
            do throws(Stop) { try pump(until: Clock.system.now() + .milliseconds(1)) } catch { halted = error }
        }
        if let halted { throw halted }
        if !result.orderly {
            let text = "it did not end on TERM within 3 s and was killed"
            recorder.note(.world, line: place.line, who: "", Array(text.utf8), count: text.utf8.count)
        }
    }

    private func forgetConnections() {
        for connection in network.all { connection.forget() }
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
        guard let directory = scene.directory else { throw .untested(AttachedServer.directoryReason) }
        return directory
    }

    private func killSession(_ connection: Connection) throws(Stop) {
        guard let socket = connection.socket else { throw fault("connection \(connection.label) is not open") }
        let remote = (socket.local, socket.remote)
        let owners = scene.server.tree.owners(ofPeerOf: remote.0, remote: remote.1)
        guard let session = owners.last else {
            throw .untested("no process of the server could be seen to hold the connection")
        }
        if owners.count == 1 && session == scene.server.tree.members.first?.pid {
            throw .untested("the server serves every connection in one process")
        }
        _ = try? session.send(signal: 9)
    }

    /// Waits until the directory has seen so many, and then until nobody is about to ask it again.
    private func binds(_ wanted: Int) throws(Stop) {
        let deadline = Clock.system.now() + timeout
        let directory = try ourDirectory()
        do {
            let watch = try directory.watchLog()
            while try countBinds() < wanted && Clock.system.now() < deadline {
                try pump(until: Clock.system.now())
                _ = try watch.changed(until: min(deadline, Clock.system.now() + .milliseconds(20)))
            }
        } catch let stop as Stop {
            throw stop
        } catch {
            throw .broken(.broken("slapd's log cannot be watched: \(error)"))
        }
        if try countBinds() == wanted { try provePause(on: []) }
        let binds = try countBinds()
        if binds != wanted { throw fail(["\(wanted) binds at the directory"], "\(binds)") }
        recorder.check()
    }

    private func countBinds() throws(Stop) -> Int {
        let directory = try ourDirectory()
        do { return try directory.binds() } catch { throw .broken(error) }
    }

    private func zombies(_ most: Int) throws(Stop) {
        let deadline = Clock.system.now() + .seconds(1) * scene.options.slow
        var count = scene.server.tree.zombies
        while count > most && Clock.system.now() < deadline {
            try pump(until: Clock.system.now() + .milliseconds(2))
            count = scene.server.tree.zombies
        }
        if count > most { throw fail(["at most \(most) zombies"], "\(count) after one second") }
        recorder.check()
    }

    private func outsideUnchanged() throws(Stop) {
        let now = scene.stage.outside()
        let changed = Set(now.keys).union(scene.outside.keys).filter { now[$0] != scene.outside[$0] }.sorted()
        if !changed.isEmpty {
            throw fail(["nothing outside the spool changes"], "changed: " + changed.joined(separator: ", "))
        }
        recorder.check()
    }
}
