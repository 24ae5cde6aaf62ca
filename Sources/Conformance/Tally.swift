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
    package private(set) var clauses: [(clause: CatalogueClause, standing: Standing)] = []

    package static func == (left: Tally, right: Tally) -> Bool {
        left.counts == right.counts && left.clauses.map(\.standing) == right.clauses.map(\.standing)
    }
    private var counts: [Int] { [played, passed, failed, crashed, blocked, skipped] }

    package init(_ results: [TranscriptResult], catalogue: Catalogue) {
        for result in results {
            played += 1
            if result.untested != nil {
                skipped += 1
            } else if result.failure?.verdict == .crash {
                crashed += 1
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

    /// Exit status: a MUST failed, something crashed, or a MUST could not be judged for a failure's sake.
    package func isGood(_ results: [TranscriptResult]) -> Bool {
        if crashed > 0 || blocked > 0 { return false }
        return !results.contains { $0.failure.map { $0.clause?.level == .must || $0.clause?.level == .ref } ?? false }
    }
}
