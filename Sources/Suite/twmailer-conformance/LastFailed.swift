/// Remembers, for --last-failed, the transcripts that failed in the last run against each server.

import Bytes
import Posix
import Results
import Transcript
import World

struct LastFailed {
    private let file: String

    /// - Parameter server: nil is the reference.
    init(checkout: String, server: String?) {
        file = checkout + "/.build/last-failed-" + SHA256.hex(Array((server ?? "").utf8)).prefix(12)
    }

    /// From the suite's folder on.
    var paths: Set<String> {
        guard let bytes = try? readFile(file) else { return [] }
        return Set(bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) })
    }

    /// What was not played this time keeps its place. A checkout that cannot be written has no memory.
    func remember(_ run: RunRecord) {
        var failed = paths.subtracting(run.results.map(\.path))
        let trouble = run.results.filter { $0.verdict(foreign: run.start.foreign).isTrouble }
        failed.formUnion(trouble.map(\.path))
        try? writeFile(file, Array(failed.sorted().map { $0 + "\n" }.joined().utf8))
    }
}
