/// One playing of a transcript: its world, its segmentation, its recorder, and the time of the last tag.

import Posix
package import Dialects
import Results
import Transcript
package import World

/// How transcripts are played.
package struct PlayOptions: Sendable {
    package var server: ServerProgram
    /// How long no byte may move either way, in real time, where the transcript does not say.
    package var timeout = Duration.seconds(5)
    /// Scales all real time limits.
    package var slow = 1
    package var keepsFailed = false
    /// Number of the first client address. An attached server may remember the addresses of an earlier run.
    package var firstAddress = 0
    /// How long the last of fifty clients at once may wait until it is let in; see `AcceptRate`.
    package var queueing = Duration.zero
    /// How the server sees the time; nil: `.page` for the reference, `.preload` for others.
    package var clock: ClockMode?
    /// The server's dialect, which is tolerated; nil: nothing is.
    package var tolerance: Dialect?
    /// How commands are put where replies are taken as they come, by a probe; nil: as `tolerance` has it.
    package var speaking: Dialect?
    /// A descriptor that becomes readable when the run is to end early.
    package var cancel: Int32

    package init(server: ServerProgram, cancel: Int32) { (self.server, self.cancel) = (server, cancel) }

    var clockMode: ClockMode { clock ?? (server.isReference ? .page : .preload) }

    /// A world for a look at the server outside the playings of a run (probe, accept rate).
    /// - Parameter turn: each has addresses of its own.
    func trial(_ lease: Lease, turn: Int = 0) throws(WorldFailure) -> World {
        try World(server, clock: clock, address: firstAddress + World.trialAddress + 3 * turn, lease: lease)
    }
}

/// Shared by the threads of a `parallel`, which only read it.
final class Performance: @unchecked Sendable {
    let transcript: Transcript
    let segmentation: Segmentation
    let options: PlayOptions
    let world: World
    let recorder = Recorder()
    /// When the last tag was passed, and how many bytes had moved until then.
    private(set) var tagged = (time: Clock.system.now(), bytes: 0)

    /// - Parameter number: unique within the run; the client addresses are made from it.
    init(
        _ transcript: Transcript, _ segmentation: Segmentation, number: Int, options: PlayOptions, lease: Lease
    ) throws(WorldFailure) {
        (self.transcript, self.segmentation, self.options) = (transcript, segmentation, options)
        world = try World(
            options.server, clock: options.clock, limits: transcript.header.limits,
            allowingAnonymousBind: transcript.header.needs.contains(.anonymousBind),
            address: options.firstAddress + number * 3, lease: lease)
    }

    /// A step has started the server again.
    var wasRestarted = false

    /// The signals by which processes of the server ended.
    var crashSignals: [Int32] {
        var signals = world.crashes().map(\.signal)
        if case .killed(let signal)? = world.ending { signals.append(signal) }
        return signals
    }

    /// How the server ended, if it did so by itself.
    var crash: String? { world.crash }

    func passTag(bytesMoved: Int) { tagged = (Clock.system.now(), bytesMoved) }
}

extension World {
    /// How the server ended, if it did so by itself, in words.
    var crash: String? {
        ending.map { Crash.told($0, of: server.leader, crashes(), log: stage.lastLogLines(200)) }
    }
}
