/// What a run's results say all together: counts, and a verdict per clause of the catalogue.

package import Dialects
package import Transcript

package struct Tally: Sendable {
    /// How many playings came to each verdict.
    private var counts: [CaseVerdict: Int] = [:]
    /// Every kind of deviation met, once, with its first example.
    package private(set) var deviations: [Deviation] = []
    package private(set) var clauses: [Standing] = []

    /// One clause of the catalogue in this run.
    package struct Standing: Sendable, Equatable {
        package var clause: CatalogueClause
        /// A crash is a failure here; nil: no transcript came to it.
        package var verdict: Verdict?
        /// Why it was not tested.
        package var reason: String?
    }

    /// - Parameter foreign: the server is not the reference, whose promises (REF) are its own.
    package init(_ results: [TranscriptResult], catalogue: Catalogue, foreign: Bool) {
        for result in results {
            counts[result.verdict(foreign: foreign), default: 0] += 1
            for deviation in result.deviations where !deviations.contains(where: { $0.kind == deviation.kind }) {
                deviations.append(deviation)
            }
        }
        let outcomes = Dictionary(grouping: results.flatMap(\.outcomes), by: \.clause.id)
        clauses = catalogue.clauses.map { clause in
            let all = outcomes[clause.id] ?? []
            let verdict = Tally.verdict(all)
            return Standing(
                clause: clause, verdict: verdict, reason: verdict == .notTested ? all.first?.reason ?? "" : nil)
        }
    }

    static func verdict(_ outcomes: [ClauseOutcome]) -> Verdict? {
        if outcomes.contains(where: { $0.verdict == .crash }) { return .fail }
        // One place where it is met otherwise than the sheet shows is enough to say so.
        return [Verdict.fail, .adapted, .pass, .notTested].first { verdict in
            outcomes.contains { $0.verdict == verdict }
        }
    }

    package subscript(verdict: CaseVerdict) -> Int { counts[verdict] ?? 0 }
    package var played: Int { counts.values.reduce(0, +) }
    package var troubles: Int { counts.reduce(0) { $0 + ($1.key.isTrouble ? $1.value : 0) } }

    package func passed(_ level: Level) -> Int { count(level) { $0 == .pass } }
    package func adapted(_ level: Level) -> Int { count(level) { $0 == .adapted } }
    package func reached(_ level: Level) -> Int { count(level) { $0 != nil } }
    package func all(_ level: Level) -> Int { count(level) { _ in true } }

    private func count(_ level: Level, _ isCounted: (Verdict?) -> Bool) -> Int {
        clauses.count { $0.clause.level == level && isCounted($0.verdict) }
    }
}
