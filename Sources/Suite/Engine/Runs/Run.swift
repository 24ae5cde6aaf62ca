/// A whole run: all its transcripts under all its segmentations, played by a few workers at the same time.

import Posix
package import Results
import Synchronization
package import Transcript
package import World

package struct Run: Sendable {
    package var transcripts: [Transcript]
    package var dialect: Transcript
    package var segmentations: [Segmentation]
    package var options: PlayOptions
    package var workers: Int
    package var endsAtFirstFailure = false
    /// How often every transcript is played.
    package var rounds = 1
    /// Under --clock real: how many transcripts that wait are played at the same time; they hardly use the machine.
    package var waiters = 24
    /// All of the suite's foundations; those that the transcripts need are played before them, of a foreign server.
    package var foundations: [Transcript] = []
    /// The seed of a shuffled order; nil: the suite's own order.
    package var shuffleSeed: UInt64?

    package init(
        _ transcripts: [Transcript], dialect: Transcript, segmentations: [Segmentation], options: PlayOptions,
        workers: Int
    ) {
        (self.transcripts, self.dialect, self.segmentations) = (transcripts, dialect, segmentations)
        (self.options, self.workers) = (options, workers)
    }

    private struct Progress {
        var next = 0
        var played = 0
        var problem: Problem?
        var isOver = false
        var startFailures = 0
    }
    /// After more failed starts than this the run ends.
    private static let startFailures = 3

    /// Plays everything. `tell` is called by several threads, one at a time.
    /// - Returns: what ended the run early, if anything did.
    package func play(
        fixture: Fixture, world: WorldGuard, tell: @escaping @Sendable (RunEvent) -> Void
    ) -> Problem? {
        let began = Clock.system.now()
        tell(
            .started(
                RunStart(
                    server: options.server.name, foreign: !options.server.isReference,
                    transcripts: transcripts.count, segmentations: segmentations)))
        var (problem, played) = (Problem?.none, 0)
        let foundations = options.server.isReference ? nil : Foundations(foundations, dialect: [dialect])
        for (jobs, workers) in lanes(foundations) where problem == nil {
            let shared = Shared(
                jobs: jobs, foundations: foundations, progress: Mutex(Progress(played: played)), tell: tell)
            let threads = (0..<max(1, min(workers, jobs.count))).compactMap { _ in
                try? Thread.start { work(shared, fixture, world) }
            }
            for thread in threads { thread.join() }
            (problem, played) = shared.progress.withLock { ($0.problem, $0.played) }
        }
        var interrupted = false
        if case .interrupted? = problem { interrupted = true }
        tell(.ended(interrupted: interrupted, duration: Clock.system.now() - began))
        return problem
    }

    private struct Job: Sendable {
        let transcript: Transcript
        let segmentation: Segmentation
        /// Counted from 1; nil when the run has one round.
        let round: Int?
        /// Unique within the run.
        let number: Int
    }

    /// The jobs in groups that are played one after the other, each with its number of workers: what everything builds
    /// upon, one at a time; then the rest. Under --clock real the transcripts that wait are a group of their own.
    private func lanes(_ foundations: Foundations?) -> [([Job], Int)] {
        let first = foundations?.needed(by: transcripts) ?? []
        let rest = transcripts.filter { transcript in !first.contains { $0.path == transcript.path } }
        var number = 0
        func jobs(_ transcripts: [Transcript], round: Int) -> [Job] {
            segmentations.flatMap { segmentation in
                transcripts.map { transcript in
                    defer { number += 1 }
                    return Job(
                        transcript: transcript, segmentation: segmentation, round: rounds > 1 ? round : nil,
                        number: number)
                }
            }
        }
        var lanes = [(first.isEmpty ? [] : jobs(first, round: 1), 1)]
        // Foundations are established once; those that were asked for are played in every round like all others.
        let asked = first.filter { foundation in transcripts.contains { $0.path == foundation.path } }
        var later = (1...max(1, rounds)).flatMap { jobs(rest + ($0 > 1 ? asked : []), round: $0) }
        if let shuffleSeed {
            var generator = SplitMix(seed: shuffleSeed)
            later.shuffle(using: &generator)
        }
        if options.clockMode == .real {
            lanes += [
                (later.filter { !$0.transcript.moves }, workers), (later.filter { $0.transcript.moves }, waiters),
            ]
        } else {
            lanes.append((later, workers))
        }
        return lanes.filter { !$0.0.isEmpty }
    }

    private final class Shared: Sendable {
        let jobs: [Job]
        let foundations: Foundations?
        let progress: Mutex<Progress>
        let tell: @Sendable (RunEvent) -> Void

        init(
            jobs: [Job], foundations: Foundations?, progress: consuming Mutex<Progress>,
            tell: @escaping @Sendable (RunEvent) -> Void
        ) {
            (self.jobs, self.foundations) = (jobs, foundations)
            self.progress = progress
            self.tell = tell
        }

        func next() -> Int? {
            progress.withLock { progress in
                guard !progress.isOver, progress.next < jobs.count else { return nil }
                progress.next += 1
                return progress.next - 1
            }
        }
    }

    private func work(_ shared: Shared, _ fixture: Fixture, _ world: WorldGuard) {
        do {
            let lease = try lease(fixture, world)
            defer { lease.end() }
            while let index = shared.next() {
                let job = shared.jobs[index]
                let playing = Playing(
                    job.transcript, job.segmentation, number: job.number, dialect: [dialect], options: options,
                    foundations: shared.foundations)
                var result = try result(of: playing, with: lease, shared)
                result.round = job.round
                if job.round ?? 1 == 1 { shared.foundations?.note(result, of: job.transcript) }
                let isAsked = transcripts.contains { $0.path == result.path }
                shared.progress.withLock { progress in
                    progress.played += 1
                    // A foundation that nobody asked for is told of only where it is why others are not tested.
                    let isBroken = job.transcript.header.foundation.map {
                        shared.foundations?.broken(among: [$0]) != nil
                    }
                    if isAsked || isBroken ?? false || result.failure != nil { shared.tell(.finished(result)) }
                    if endsAtFirstFailure && result.failure != nil { progress.isOver = true }
                }
            }
        } catch {
            shared.progress.withLock { progress in
                if progress.problem == nil { progress.problem = error }
                progress.isOver = true
            }
        }
    }

    /// Once a transcript was played, a server that does not start fails this transcript only, so that earlier results
    /// stay.
    private func result(
        of playing: Playing, with lease: Lease, _ shared: Shared
    ) throws(Problem) -> TranscriptResult {
        do {
            return try playing.play(with: lease)
        } catch {
            guard case .world(.serverDidNotStart(let text)) = error else { throw error }
            let isOver = shared.progress.withLock { progress in
                progress.startFailures += 1
                return progress.played == 0 || progress.startFailures > Run.startFailures
            }
            if isOver { throw error }
            return playing.blocked(expected: "the server starts", received: text)
        }
    }

    private func lease(_ fixture: Fixture, _ world: WorldGuard) throws(Problem) -> Lease {
        do { return try Lease(fixture: fixture, world: world) } catch { throw .world(error) }
    }
}

extension Transcript {
    /// Whether a step moves the clock.
    fileprivate var moves: Bool { Transcript.moves(steps) }

    private static func moves(_ steps: [Step]) -> Bool {
        steps.contains { step in
            if case .world(.advance) = step.action { return true }
            return (step.action.bodies ?? []).contains { moves($0) }
        }
    }
}
