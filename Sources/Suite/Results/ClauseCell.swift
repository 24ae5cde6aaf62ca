/// One clause on one implementation: the worst that its transcripts came to.

import Transcript

package struct ClauseCell: Equatable {
    package var verdict = CaseVerdict.notReached
    /// Why it was not tested, or what had been said beforehand.
    package var reason: String?

    package init(_ clause: String, in run: RunRecord) {
        for result in run.results {
            for outcome in result.outcomes where outcome.clause.id == clause {
                let verdict = result.verdict(on: outcome, foreign: run.start.foreign)
                guard verdict.row.rank < self.verdict.row.rank else { continue }
                let isOutcome = verdict == .notTested || verdict == .adapted
                (self.verdict, reason) = (verdict, isOutcome ? outcome.reason : result.expectation?.reason)
            }
        }
    }
}
