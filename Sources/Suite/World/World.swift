/// What surrounds one playing: a server, its directory, its stage and clock, and client addresses.

package import Posix

/// The thread that began the transcript plays the steps that change the world, and no `parallel` runs meanwhile. The
/// threads of a `parallel` only read it.
package final class World: @unchecked Sendable {
    package let program: ServerProgram
    package let clockMode: ClockMode
    /// nil: the server asks a directory that is not the suite's.
    package let directory: LDAPDirectory?
    package let passwords: Passwords
    package let stage: Stage
    /// {own}, {other} and {third}; no other playing uses these addresses.
    package let addresses: [String]
    package private(set) var server: ServerProcess
    /// The suite ended the server, so its end is no crash.
    package var isStopped = false
    package private(set) var outside: [String: String]

    private let limits: [String]
    private let world: WorldGuard
    /// Until this real time the server's timers may still notice that the clock moved.
    package var settled = Duration.zero
    /// What the clock page had counted before the last move; nil: it was never moved.
    private var signsAtMove: Int64?
    /// When a flowing clock was moved; nil once the next flight has left. `lag` is the real time between the two, which
    /// the transcript does not account for.
    private var moved: Duration?
    private var lag = Duration.zero

    /// - Parameter limits: options for the reference server, without their dashes.
    /// - Parameter address: number of the first of three addresses; see `World.address`.
    package init(
        _ program: ServerProgram, clock: ClockMode? = nil, limits: [String] = [], allowingAnonymousBind: Bool = false,
        address: Int, lease: Lease
    ) throws(WorldFailure) {
        (self.program, self.limits, world) = (program, limits, lease.world)
        clockMode = clock ?? (program.isReference ? .page : .preload)
        let attachment = program.attachment
        passwords = attachment?.passwords ?? lease.passwords
        directory = attachment == nil ? try lease.directory(allowingAnonymousBind: allowingAnonymousBind) : nil
        addresses = (0..<3).map { place in
            // Over a network there is only one address to come from.
            attachment?.isLocal == false ? "0.0.0.0" : World.address(address + place)
        }
        stage = try Stage(world: world, flowing: !program.isReference, furnishedLike: program.folder)
        do {
            guard let directory else {
                server = ServerProcess(attachedTo: attachment!.address, world: world)
                outside = [:]
                return
            }
            try directory.markBinds()
            server = try ServerProcess.start(
                program, on: stage, directory: directory, limits: limits, clock: clockMode, world: world)
        } catch {
            stage.end()
            throw error
        }
        outside = stage.outside()
    }

    /// 127.16.0.1, 127.16.0.2, …: far from the addresses that people type.
    package static func address(_ number: Int) -> String {
        "127.\(16 + number / 62_500 % 200).\(number / 250 % 250).\(number % 250 + 1)"
    }

    /// For worlds outside the playings of a run.
    package static let trialAddress = 60_000

    package func startServer() throws(WorldFailure) {
        guard let directory else { preconditionFailure("an attached server is not started") }
        server = try ServerProcess.start(
            program, on: stage, directory: directory, limits: limits, clock: clockMode, world: world)
        isStopped = false
    }

    /// How the server ended, if it ended by itself.
    package var ending: Ending? { isStopped ? nil : server.ended() }

    /// Which processes of a foreign server died by a signal, and where, in the order of their deaths.
    /// - Parameter mark: what `crashMark` was then; 0: since the transcript began.
    package func crashes(since mark: Int = 0) -> [CrashRecord] { stage.crashes.records(since: mark) }
    package var crashMark: Int { stage.crashes.mark }

    package func end(keeping: Bool) {
        server.kill()
        try? directory?.resume()
        stage.end(keeping: keeping)
    }

    // MARK: The moved clock

    /// Call it before you move the clock.
    package func clockWillMove() { signsAtMove = stage.clock.signsOfUse }

    /// Call it after you moved a clock that flows.
    package func clockHasMoved() { moved = Clock.system.now() }

    package func flightLeft() {
        guard let moved else { return }
        lag = Clock.system.now() - moved
        self.moved = nil
    }

    /// Transcripts stay two seconds away from the end of a ban, which leaves this much.
    private static let tolerableLag = Duration.milliseconds(1500)

    /// Why a failure of a foreign server proves nothing: the server could not see the suite's clock or directory, or
    /// saw the move too late. nil: it proves something.
    package var inconclusive: String? {
        guard case .foreign(let foreign) = program else { return nil }
        let isStatic = server.isInterposed ? "" : " (a static program, or one without libc)"
        if let signsAtMove, stage.clock.signsOfUse == signsAtMove {
            return "inconclusive clock: the server has looked at no clock since it was moved" + isStatic
        }
        if lag > World.tolerableLag {
            let late = "\(Int(lag / .milliseconds(1))) ms of real time passed after it was moved"
            return "inconclusive clock: \(late); is the machine too busy?"
        }
        if !server.isInterposed, !foreign.command.contains("{ldap-url}"), (try? directory?.binds()) == 0 {
            return "the server has not asked the suite's directory and cannot be led there" + isStatic
        }
        return nil
    }

    // MARK: Rest

    /// Every process that might still send something.
    private var processes: [ProcessID] {
        server.tree.alive + directoryAwake
    }

    /// One look at a world in which nothing will happen by itself: every thread of the server sleeps without a limit of
    /// time, and its directory sleeps too. Two equal looks prove it for the time between them. nil where a thread runs
    /// or has a limit, and where a limit may be armed that cannot be seen from outside.
    package func lookForRest() -> Quiescence.Look? {
        guard server.isOurs, server.isInterposed, !isStopped, stage.clock.limitsArmed == 0 else { return nil }
        let own = server.tree.alive
        // The shell or bwrap around the server waits for it, and a server that has ended is told otherwise.
        return own.isEmpty ? nil : Quiescence.look(atUnlimited: own, and: directoryAwake)
    }

    private var directoryAwake: [ProcessID] { directory.flatMap { $0.isAwake ? [$0.process] : [] } ?? [] }

    /// Whether every process that might send something sleeps; always true of an attached server, whose processes are
    /// not seen.
    package var isAsleep: Bool { !server.isOurs || Quiescence.holds(for: processes) }

    /// Whether nobody is about to send anything. An attached server shows only its silence. Some runtimes never have
    /// all threads asleep at once, such as a JVM on a busy machine; for a foreign server, two seconds without a byte
    /// count as rest.
    /// - Parameter silentSince: when the last byte moved.
    /// - Parameter slow: scales how long the silence must last.
    package func isAtRest(silentSince: Duration, slow: Int) -> Bool {
        if server.isOurs && Quiescence.holds(for: processes) { return true }
        if program.isReference { return false }
        let silence = server.isOurs ? World.restlessSilence : World.longSilence
        return Clock.system.now() - silentSince >= silence * slow
    }
    private static let (longSilence, restlessSilence) = (Duration.milliseconds(300), Duration.seconds(2))
}
