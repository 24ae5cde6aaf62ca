/// Collects what a run tells into its record, and shows its progress.

import Posix
import Results
import Synchronization
import Transcript

final class Teller: Sendable {
    private let run = Mutex(RunRecord())
    private let verbose: Bool
    private let progress: Bool

    init(verbose: Bool, progress: Bool) { (self.verbose, self.progress) = (verbose, progress) }

    func tell(_ event: RunEvent) {
        let count = run.withLock { run in
            run.add(event)
            return run.results.count
        }
        guard case .finished(let result) = event else { return }
        if verbose {
            let verdict = result.untested.map { "NOT TESTED (\($0))" } ?? result.failure?.verdict.rawValue ?? "PASS"
            let time = Int(result.duration / .milliseconds(1))
            print("\(verdict)  \(result.path)  \(result.segmentation)  \(time) ms")
        }
        if progress { write("\r\u{1b}[K\(count) played") }
    }

    func finish() -> RunRecord {
        if progress { write("\r\u{1b}[K") }
        return run.withLock { $0 }
    }

    private func write(_ text: String) { try? writeAll(2, Array(text.utf8).span) }
}
