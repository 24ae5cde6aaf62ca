/// A server none of whose replies to a LOGIN is understood: one finding, and nothing else is played.

import Dialects
import Posix
import Results
import Transcript

extension Playing {
    /// nil: the server is understood.
    var finding: TranscriptResult? {
        guard let tries = options.tolerance?.failedTries, !tries.isEmpty else { return nil }
        let reason = "fix LOGIN-1 first: no LOGIN is understood"
        let began = Clock.system.now()
        guard tellsOfSilence else { return result(nil, since: began, untested: reason, skipped: reason) }
        var result = result(nil, since: began, untested: reason)
        let clause = ClauseID("LOGIN-1", .must)
        let line = result.outcomes.first { $0.clause == clause }?.line ?? 1
        result.outcomes.removeAll { $0.clause == clause && $0.line == line }
        result.outcomes.append(ClauseOutcome(clause: clause, line: line, verdict: .fail, checks: 0))
        var failure = Failure(
            place: Place(line: line), clause: clause, verdict: .fail,
            expected: ["a right LOGIN and a wrong one are answered differently, and LIST after the right one"],
            received: "no such answer, however the commands were sent")
        failure.words = "a LOGIN is understood"
        failure.details = tries
        result.failure = failure
        return result
    }
}

extension Run {
    /// Of the playings of a silent server, the one that says so.
    static func speaker(_ playings: [Playing]) -> Int {
        playings.firstIndex { $0.transcript.header.foundation == "LOGIN-1" }
            ?? playings.firstIndex { $0.transcript.tags.contains { $0.clause.id == "LOGIN-1" } } ?? 0
    }
}
