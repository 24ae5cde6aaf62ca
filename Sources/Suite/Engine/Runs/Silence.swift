/// A server that understands no LOGIN: one finding, and nothing else is played.

import Dialects
import Posix
import Results
import Transcript

extension Playing {
    /// Why nothing is played; nil: the server is understood.
    var notUnderstood: String? {
        (options.tolerance?.failedTries ?? []).isEmpty ? nil : "fix LOGIN-1 first: no LOGIN is understood"
    }

    /// What the foundation of LOGIN-1 says of such a server; nil: another transcript, or another server.
    var finding: TranscriptResult? {
        guard let reason = notUnderstood, transcript.header.foundation == "LOGIN-1" else { return nil }
        var result = result(nil, since: Clock.system.now(), untested: reason)
        guard let index = result.outcomes.firstIndex(where: { $0.clause.id == "LOGIN-1" }) else { return nil }
        (result.outcomes[index].verdict, result.outcomes[index].reason) = (.fail, nil)
        var failure = Failure(
            place: Place(line: result.outcomes[index].line), clause: result.outcomes[index].clause, verdict: .fail,
            expected: ["a right LOGIN and a wrong one are answered differently, and LIST after the right one"],
            received: "no such answer, however the commands were sent")
        failure.server = "started anew for each try"
        failure.details = options.tolerance?.failedTries ?? []
        result.failure = failure
        return result
    }
}
