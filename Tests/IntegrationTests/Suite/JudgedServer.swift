/// A server as the runner judges it for whoever types the command, and its clauses by what became of them.

import Engine
import Posix
import Reports
import Results
import Testing
import Transcript
import World

struct JudgedServer {
    /// What the runner printed.
    let text: String
    private let results: [TranscriptResult]

    /// - Parameter arguments: The server (a folder, or `--server` and a command) and what is played.
    init(_ arguments: [String], within limit: Duration = .seconds(300)) throws {
        let folder = try makeTemporaryFolder("/tmp/js")
        defer { try? removeTree(folder) }
        let json = "\(folder)/json"
        let result = try ConformanceRunner.run(arguments + ["--segment", "flight", "--json", json], within: limit)
        let written = try #require(try? readFile(json), "no report: \(result.ending)\n\(result.text)")
        (text, results) = (result.text, try JSONReport.read(written).results)
    }

    /// Ids of clauses of which some section got one of these verdicts.
    func clauses(_ verdicts: Verdict..., level: Level? = nil) -> Set<String> {
        let outcomes = results.flatMap(\.outcomes).filter { verdicts.contains($0.verdict) }
        return Set(outcomes.filter { level == nil || $0.clause.level == level }.map(\.clause.id))
    }

    var failed: Set<String> { clauses(.fail, .crash) }
    var failedMusts: Set<String> { clauses(.fail, .crash, level: .must) }
    /// Of them no section failed, and one was seen to hold.
    var passed: Set<String> { clauses(.pass).subtracting(failed) }
    var adapted: Set<String> { clauses(.adapted) }
    /// What was held against the server though no clause was judged.
    var blocked: [String] { results.filter(\.isBlocked).map(\.path) }
}
