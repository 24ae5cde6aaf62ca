/// A whole run: many transcripts under several segmentations, by a few workers at the same time.

import Posix
import Synchronization
package import TestWorld
package import Transcript

package struct Run: Sendable {
    package var transcripts: [Transcript]
    package var dialect: Transcript
    package var segmentations: [Segmentation]
    package var options: PlayOptions
    package var workers: Int
    package var endsAtFirstFailure = false

    package init(
        _ transcripts: [Transcript], dialect: Transcript, segmentations: [Segmentation], options: PlayOptions,
        workers: Int
    ) {
        (self.transcripts, self.dialect, self.segmentations) = (transcripts, dialect, segmentations)
        (self.options, self.workers) = (options, workers)
    }

    private struct Progress {
        var next = 0
        var problem: Problem?
        var isOver = false
    }

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
        let progress = Mutex(Progress())
        let jobs = segmentations.flatMap { segmentation in
            transcripts.map { (transcript: $0, segmentation: segmentation) }
        }
        let shared = Shared(jobs: jobs, progress: progress, tell: tell)
        let threads = (0..<max(1, min(workers, jobs.count))).compactMap { _ in
            try? Posix.Thread.start { work(shared, fixture, world) }
        }
        for thread in threads { thread.join() }
        let problem = shared.progress.withLock { $0.problem }
        var interrupted = false
        if case .interrupted? = problem { interrupted = true }
        tell(.ended(interrupted: interrupted, duration: Clock.system.now() - began))
        return problem
    }

    private final class Shared: Sendable {
        let jobs: [(transcript: Transcript, segmentation: Segmentation)]
        let progress: Mutex<Progress>
        let tell: @Sendable (RunEvent) -> Void

        init(
            jobs: [(transcript: Transcript, segmentation: Segmentation)], progress: consuming Mutex<Progress>,
            tell: @escaping @Sendable (RunEvent) -> Void
        ) {
            self.jobs = jobs
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
                    job.transcript, job.segmentation, number: index, dialect: [dialect], options: options)
                let result = try playing.play(with: lease)
                shared.progress.withLock { progress in
                    shared.tell(.finished(result))
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

    private func lease(_ fixture: Fixture, _ world: WorldGuard) throws(Problem) -> Lease {
        do { return try Lease(fixture: fixture, world: world) } catch { throw .world(error) }
    }
}
