/// What stands around one playing: a server, its directory, its stage and clock, and addresses to come from.

package import Posix

/// Steps that change the world are played by the thread that began the transcript, while no `parallel` runs;
/// the threads of a `parallel` only read.
package final class World: @unchecked Sendable {
    package let program: ServerProgram
    package let clockMode: ClockMode
    /// nil: the server asks one that is not ours.
    package let directory: LDAPDirectory?
    package let passwords: Passwords
    package let stage: Stage
    /// {own}, {other}, {third}: no other playing uses them.
    package let addresses: [String]
    package private(set) var server: ServerProcess
    /// The suite ended the server; it is no crash.
    package var isStopped = false
    package private(set) var outside: [String: String]

    private let limits: [String]
    private let world: WorldGuard
    /// Real time until which timers of the server may still notice that the clock moved.
    package var settled = Duration.zero
    /// What the clock page had counted when the clock was moved last; nil before that.
    private var signsAtMove: Int64?
    /// When a clock that flows was moved, until the next flight leaves; and how much later that was. Real time that passed
    /// between the two the transcript knows nothing of.
    private var moved: Duration?
    private var lag = Duration.zero

    /// - Parameter limits: options for the reference server, without their dashes.
    /// - Parameter address: of the first of three addresses; see `World.address`.
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
            // Over a network there is but one to come from.
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

    /// 127.16.0.1, 127.16.0.2, …: away from the addresses people type.
    package static func address(_ number: Int) -> String {
        "127.\(16 + number / 62_500 % 200).\(number / 250 % 250).\(number % 250 + 1)"
    }

    /// For looks at a server beside the playings of a run.
    package static let trialAddress = 60_000

    package func startServer() throws(WorldFailure) {
        guard let directory else { preconditionFailure("an attached server is not started") }
        server = try ServerProcess.start(
            program, on: stage, directory: directory, limits: limits, clock: clockMode, world: world)
        isStopped = false
    }

    /// How the server ended, if it did so by itself.
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

    /// Call it before the clock is moved.
    package func clockWillMove() { signsAtMove = stage.clock.signsOfUse }

    /// Call it when a clock that flows has been moved.
    package func clockHasMoved() { moved = Clock.system.now() }

    package func flightLeft() {
        guard let moved else { return }
        lag = Clock.system.now() - moved
        self.moved = nil
    }

    /// Transcripts stay two seconds away from the minute of a ban.
    private static let tolerableLag = Duration.milliseconds(1500)

    /// Why a failure proves nothing about a foreign server: it could not see what the suite did, or saw it too late.
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

    /// Everybody who might still send something.
    private var processes: [ProcessID] {
        server.tree.alive + (directory.flatMap { $0.isAwake ? [$0.process] : [] } ?? [])
    }

    /// Whether everybody sleeps who might send something; said of an attached server, whose processes nobody sees.
    package var isAsleep: Bool { !server.isOurs || Quiescence.holds(for: processes) }

    /// Whether nobody is about to send anything. Of an attached server only its silence can be seen. There are runtimes
    /// whose threads never sleep all at once, such as a JVM's on a busy machine: of a foreign server no byte for so
    /// long is none.
    /// - Parameter silentSince: when a byte moved last.
    /// - Parameter slow: scales how long silence must last.
    package func isAtRest(silentSince: Duration, slow: Int) -> Bool {
        if server.isOurs && Quiescence.holds(for: processes) { return true }
        if program.isReference { return false }
        let silence = server.isOurs ? World.restlessSilence : World.longSilence
        return Clock.system.now() - silentSince >= silence * slow
    }
    private static let (longSilence, restlessSilence) = (Duration.milliseconds(300), Duration.seconds(2))
}
