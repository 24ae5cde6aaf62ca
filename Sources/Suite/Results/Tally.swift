/// What a run's results say all together: counts, and a verdict per clause of the catalogue.

package import Dialects
package import Transcript

package struct Tally: Sendable, Equatable {
    package enum Standing: Sendable, Equatable { case passed, adapted, failed, notTested(String), notReached }

    package private(set) var played = 0
    package private(set) var passed = 0
    package private(set) var failed = 0
    package private(set) var crashed = 0
    /// A failure below [setup]: no clause could be judged.
    package private(set) var blocked = 0
    package private(set) var skipped = 0
    package private(set) var flaky = 0
    /// Another choice than ours where the sheet is open (MAY), or no promise of this server's (REF).
    package private(set) var differing = 0
    /// XFAIL and XPASS.
    package private(set) var failedAsExpected = 0
    package private(set) var passedUnexpectedly = 0
    /// Nothing but clauses that a tolerated deviation keeps from being a pass.
    package private(set) var adapted = 0
    /// Every kind of deviation met, once, with its first example.
    package private(set) var deviations: [Deviation] = []
    package private(set) var clauses: [(clause: CatalogueClause, standing: Standing)] = []

    package static func == (left: Tally, right: Tally) -> Bool {
        left.counts == right.counts && left.clauses.map(\.standing) == right.clauses.map(\.standing)
    }
    private var counts: [Int] {
        [
            played, passed, failed, crashed, blocked, skipped, flaky, differing, failedAsExpected, passedUnexpectedly,
            adapted,
        ]
    }

    /// - Parameter foreign: the server is not the reference, whose promises (REF) are its own.
    package init(_ results: [TranscriptResult], catalogue: Catalogue, foreign: Bool) {
        for result in results {
            played += 1
            switch result.verdict(foreign: foreign) {
            case .pass: passed += 1
            case .fail: failed += 1
            case .crash: crashed += 1
            case .flaky: flaky += 1
            case .blocked: blocked += 1
            case .differs: differing += 1
            case .notTested: skipped += 1
            case .expectedFailure: failedAsExpected += 1
            case .unexpectedPass: passedUnexpectedly += 1
            case .adapted: adapted += 1
            }
            for deviation in result.deviations where !deviations.contains(where: { $0.kind == deviation.kind }) {
                deviations.append(deviation)
            }
        }
        var outcomes: [String: [ClauseOutcome]] = [:]
        for outcome in results.flatMap(\.outcomes) { outcomes[outcome.clause.id, default: []].append(outcome) }
        clauses = catalogue.clauses.map { ($0, Tally.standing(outcomes[$0.id] ?? [])) }
    }

    static func standing(_ outcomes: [ClauseOutcome]) -> Standing {
        if outcomes.contains(where: { $0.verdict == .fail || $0.verdict == .crash }) { return .failed }
        // One place where it is met otherwise than the sheet shows is enough to say so.
        if outcomes.contains(where: { $0.verdict == .adapted }) { return .adapted }
        if outcomes.contains(where: { $0.verdict == .pass }) { return .passed }
        return outcomes.first.map { .notTested($0.reason ?? "") } ?? .notReached
    }

    package func passed(_ level: Level) -> Int { clauses.count { $0.clause.level == level && $0.standing == .passed } }
    package func adapted(_ level: Level) -> Int {
        clauses.count { $0.clause.level == level && $0.standing == .adapted }
    }
    package func reached(_ level: Level) -> Int {
        clauses.count { $0.clause.level == level && $0.standing != .notReached }
    }
    package func all(_ level: Level) -> Int { clauses.count { $0.clause.level == level } }

    /// Whether a run is a success: of a foreign server no MUST has failed, nothing crashed and nothing was blocked;
    /// of the reference nothing at all has failed. A failure that was expected is none, an unexpected pass is one.
    package func isGood(_ results: [TranscriptResult], foreign: Bool) -> Bool {
        if crashed > 0 || blocked > 0 || passedUnexpectedly > 0 { return false }
        guard foreign else { return failed + flaky == 0 }
        return !results.contains {
            $0.isFlaky && $0.isBlocked
                || $0.failure?.clause?.level == .must && [.fail, .flaky].contains($0.verdict(foreign: true))
        }
    }
}
