/// What a run's results say all together: counts, and a verdict per clause of the catalogue.

package import Transcript

package struct Tally: Sendable, Equatable {
    package enum Standing: Sendable, Equatable { case passed, failed, notTested(String), notReached }

    package private(set) var played = 0
    package private(set) var passed = 0
    package private(set) var failed = 0
    package private(set) var crashed = 0
    /// A failure below [setup]: no clause could be judged.
    package private(set) var blocked = 0
    package private(set) var skipped = 0
    /// Another choice than ours where the sheet is open (MAY), or no promise of this server's (REF).
    package private(set) var differing = 0
    package private(set) var clauses: [(clause: CatalogueClause, standing: Standing)] = []

    package static func == (left: Tally, right: Tally) -> Bool {
        left.counts == right.counts && left.clauses.map(\.standing) == right.clauses.map(\.standing)
    }
    private var counts: [Int] { [played, passed, failed, crashed, blocked, skipped, differing] }

    /// - Parameter foreign: the server is not the reference, whose promises (REF) are its own.
    package init(_ results: [TranscriptResult], catalogue: Catalogue, foreign: Bool) {
        for result in results {
            played += 1
            if result.untested != nil {
                skipped += 1
            } else if result.failure?.verdict == .crash {
                crashed += 1
            } else if result.isTolerated(foreign: foreign) {
                differing += 1
            } else if result.isBlocked {
                blocked += 1
            } else if result.failure != nil {
                failed += 1
            } else {
                passed += 1
            }
        }
        var outcomes: [String: [ClauseOutcome]] = [:]
        for outcome in results.flatMap(\.outcomes) { outcomes[outcome.clause.id, default: []].append(outcome) }
        clauses = catalogue.clauses.map { ($0, Tally.standing(outcomes[$0.id] ?? [])) }
    }

    static func standing(_ outcomes: [ClauseOutcome]) -> Standing {
        if outcomes.contains(where: { $0.verdict == .fail || $0.verdict == .crash }) { return .failed }
        if outcomes.contains(where: { $0.verdict == .pass }) { return .passed }
        return outcomes.first.map { .notTested($0.reason ?? "") } ?? .notReached
    }

    package func passed(_ level: Level) -> Int { clauses.count { $0.clause.level == level && $0.standing == .passed } }
    package func reached(_ level: Level) -> Int {
        clauses.count { $0.clause.level == level && $0.standing != .notReached }
    }
    package func all(_ level: Level) -> Int { clauses.count { $0.clause.level == level } }

    /// Whether a run is a success: of a foreign server no MUST has failed, nothing crashed and nothing was blocked;
    /// of the reference nothing at all has failed.
    package func isGood(_ results: [TranscriptResult], foreign: Bool) -> Bool {
        if crashed > 0 || blocked > 0 { return false }
        return foreign ? !results.contains { $0.failure?.clause?.level == .must } : failed == 0
    }
}
