/// Everything one playing of a transcript has around it: server, directory, clock, addresses, recorder.

import Posix
package import TestWorld
import Transcript

/// How transcripts are played.
package struct PlayOptions: Sendable {
    package var server: ServerProgram
    /// How long "no byte either way" may last, real time, where the transcript does not say.
    package var timeout = Duration.seconds(5)
    /// Scales all real time limits.
    package var slow = 1
    package var keepsFailed = false
    /// Of the addresses that transcripts come from: an attached server may remember those of an earlier run.
    package var firstAddress = 0
    /// How long the last of fifty clients at once may have to wait until it is let in; see `AcceptRate`.
    package var queueing = Duration.zero
    /// How the server sees the time; nil: as it suits the server.
    package var clock: ClockMode?
    /// What is tolerated of this server; nil: nothing.
    package var tolerance: Dialect?
    /// A descriptor that becomes readable when the run is to end early.
    package var cancel: Int32

    package init(server: ServerProgram, cancel: Int32) { (self.server, self.cancel) = (server, cancel) }

    var clockMode: ClockMode { clock ?? (server.isReference ? .page : .preload) }
}

/// Steps that change the world are played by the thread that began the transcript, while no `parallel` runs;
/// the threads of a `parallel` only read.
final class Scene: @unchecked Sendable {
    let transcript: Transcript
    let segmentation: Segmentation
    let options: PlayOptions
    /// nil: the server asks one that is not ours.
    let directory: LDAPDirectory?
    let passwords: Passwords
    let stage: Stage
    let world: WorldGuard
    let recorder = Recorder()
    /// {own}, {other}, {third}: no other playing uses them.
    let addresses: [String]
    var server: ServerProcess
    /// Real time until which timers may still notice that the clock moved.
    var settled = Duration.zero
    /// What the clock page had counted when the clock was moved last; nil before that.
    var signsAtMove: Int64?
    /// When a clock that flows was moved, until the next flight leaves; and how much later that was. Real time that passed
    /// between the two the transcript knows nothing of.
    var moved: Duration?
    private(set) var lag = Duration.zero
    /// We ended the server; it is no crash.
    var isStopped = false
    var outside: [String: String]
    let began = Clock.system.now()
    /// When, and after how many bytes, the last tag was passed.
    var tagged = Clock.system.now()
    var bytesAtTag = 0

    init(
        _ transcript: Transcript, _ segmentation: Segmentation, number: Int, options: PlayOptions, lease: Lease
    ) throws(WorldFailure) {
        (self.transcript, self.segmentation, self.options) = (transcript, segmentation, options)
        let attachment = options.server.attachment
        (passwords, world) = (attachment?.passwords ?? lease.passwords, lease.world)
        directory =
            attachment == nil
            ? try lease.directory(allowingAnonymousBind: transcript.header.needs.contains(.anonymousBind)) : nil
        addresses = (0..<3).map { place in
            // Over a network there is but one to come from.
            attachment?.isLocal == false ? "0.0.0.0" : Scene.address(options.firstAddress + number * 3 + place)
        }
        var folder: String?
        if case .foreign(let foreign) = options.server { folder = foreign.folder }
        stage = try Stage(world: lease.world, flowing: !options.server.isReference, furnishedLike: folder)
        do {
            guard let directory else {
                server = ServerProcess(attachedTo: attachment!.address, world: world)
                outside = [:]
                return
            }
            try directory.markBinds()
            server = try ServerProcess.start(
                options.server, on: stage, directory: directory, limits: transcript.header.limits,
                clock: options.clockMode, world: world)
        } catch {
            stage.end()
            throw error
        }
        outside = stage.outside()
    }

    /// 127.16.0.1, 127.16.0.2, …: away from the addresses people type.
    static func address(_ number: Int) -> String {
        "127.\(16 + number / 62_500 % 200).\(number / 250 % 250).\(number % 250 + 1)"
    }

    func startServer() throws(WorldFailure) {
        guard let directory else { preconditionFailure("an attached server is not started") }
        server = try ServerProcess.start(
            options.server, on: stage, directory: directory, limits: transcript.header.limits,
            clock: options.clockMode, world: world)
        isStopped = false
    }

    /// How the server ended, if it did so by itself.
    var crash: String? { isStopped ? nil : server.ended().map(Crash.told) }

    func flightLeft() {
        guard let moved else { return }
        lag = Clock.system.now() - moved
        self.moved = nil
    }

    /// Transcripts stay two seconds away from the minute of a ban.
    private static let tolerableLag = Duration.milliseconds(1500)

    /// Why a failure proves nothing about a foreign server: it could not see what the suite did, or saw it too late.
    var inconclusive: String? {
        guard case .foreign(let foreign) = options.server else { return nil }
        let isStatic = server.isInterposed ? "" : " (a static program, or one without libc)"
        if let signsAtMove, stage.clock.signsOfUse == signsAtMove {
            return "inconclusive clock: the server has looked at no clock since it was moved" + isStatic
        }
        if lag > Scene.tolerableLag {
            let late = "\(Int(lag / .milliseconds(1))) ms of real time passed after it was moved"
            return "inconclusive clock: \(late); is the machine too busy?"
        }
        if !server.isInterposed, !foreign.command.contains("{ldap-url}"), (try? directory?.binds()) == 0 {
            return "the server has not asked the suite's directory and cannot be led there" + isStatic
        }
        return nil
    }

    /// Everybody who might still send something.
    private var processes: [ProcessID] {
        server.tree.alive + (directory.flatMap { $0.isAwake ? [$0.process] : [] } ?? [])
    }

    /// Whether everybody sleeps who might send something; said of an attached server, whose processes nobody sees.
    var isAsleep: Bool { !server.isOurs || Quiescence.holds(for: processes) }

    /// Whether nobody is about to send anything. Of an attached server only its silence can be seen. There are runtimes
    /// whose threads never sleep all at once, such as a JVM's on a busy machine: of a foreign server no byte for so
    /// long is none.
    /// - Parameter silentSince: when a byte moved last.
    func isAtRest(silentSince: Duration) -> Bool {
        if server.isOurs && Quiescence.holds(for: processes) { return true }
        if options.server.isReference { return false }
        let silence = server.isOurs ? Scene.restlessSilence : Scene.longSilence
        return Clock.system.now() - silentSince >= silence * options.slow
    }
    private static let (longSilence, restlessSilence) = (Duration.milliseconds(300), Duration.seconds(2))

    func end(keeping: Bool) {
        server.kill()
        try? directory?.resume()
        stage.end(keeping: keeping)
    }
}
