/// One playing of a transcript: the world it is played in, how it is cut, what was recorded, and since when.

import Posix
package import Dialects
import Results
import Transcript
package import World

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

    /// The server, started for nothing but a look at it.
    func trial(_ lease: Lease) throws(WorldFailure) -> World {
        try World(server, clock: clock, address: firstAddress + World.trialAddress, lease: lease)
    }
}

/// Shared by the threads of a `parallel`, which only read it.
final class Performance: @unchecked Sendable {
    let transcript: Transcript
    let segmentation: Segmentation
    let options: PlayOptions
    let world: World
    let recorder = Recorder()
    /// When, and after how many bytes, the last tag was passed.
    private(set) var tagged = (time: Clock.system.now(), bytes: 0)

    /// - Parameter number: no other playing of the run has it.
    init(
        _ transcript: Transcript, _ segmentation: Segmentation, number: Int, options: PlayOptions, lease: Lease
    ) throws(WorldFailure) {
        (self.transcript, self.segmentation, self.options) = (transcript, segmentation, options)
        world = try World(
            options.server, clock: options.clock, limits: transcript.header.limits,
            allowingAnonymousBind: transcript.header.needs.contains(.anonymousBind),
            address: options.firstAddress + number * 3, lease: lease)
    }

    /// How the server ended, if it did so by itself.
    var crash: String? {
        world.ending.map {
            Crash.told($0, of: world.server.leader, world.crashes(), log: world.stage.lastLogLines(200))
        }
    }

    func passTag(bytesMoved: Int) { tagged = (Clock.system.now(), bytesMoved) }
}
