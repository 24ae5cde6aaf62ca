/// Failures that are one: the same transcript under several segmentations, or one broken step below many [setup]s.

import Transcript

package struct FailureGroup: Sendable, Equatable {
    package var path: String
    /// Of the segmentation named first.
    package var failure: Failure
    package var segmentation: Segmentation
    package var alike: [Segmentation] = []
    /// Fails, but elsewhere.
    package var otherwise: [(segmentation: Segmentation, line: Int)] = []
    package var passes: [Segmentation] = []
    package var duration: Duration
    /// Of the segmentation named first: how often it was played, and failed.
    package var rounds = 1
    package var failedRounds = 1
    package var isFlaky = false
    /// All clauses that failed in the same run.
    package var failedClauses: Set<String> = []

    package static func == (left: FailureGroup, right: FailureGroup) -> Bool {
        left.path == right.path && left.failure == right.failure && left.alike == right.alike
            && left.passes == right.passes
    }

    /// One per transcript that failed, in the order of the results' paths.
    package static func groups(_ results: [TranscriptResult]) -> [FailureGroup] {
        let failed = Set(results.compactMap(\.failure?.clause?.id))
        return Dictionary(grouping: results, by: \.path).sorted { $0.key < $1.key }.compactMap { path, results in
            let runs = results.sorted { $0.segmentation.rank < $1.segmentation.rank }
            guard let first = runs.first(where: { $0.failure != nil }), let failure = first.failure else { return nil }
            var group = FailureGroup(
                path: path, failure: failure, segmentation: first.segmentation, duration: first.duration)
            (group.isFlaky, group.failedClauses) = (first.isFlaky, failed)
            let same = runs.filter { $0.segmentation == first.segmentation }
            (group.rounds, group.failedRounds) = (same.count, same.count { $0.failure != nil })
            for run in runs where run.segmentation != first.segmentation {
                if let other = run.failure {
                    if other.place.line == failure.place.line && other.clause == failure.clause {
                        group.alike.append(run.segmentation)
                    } else {
                        group.otherwise.append((run.segmentation, other.place.line))
                    }
                } else if run.skipped == nil {
                    group.passes.append(run.segmentation)
                }
            }
            return group
        }
    }

    /// What it builds upon and failed, too.
    package func roots(_ catalogue: Catalogue) -> [String] {
        (failure.clause.flatMap { catalogue[$0.id]?.first } ?? []).filter { failedClauses.contains($0) }
    }

    /// What is to be mended first comes first: what builds on nothing that failed, a MUST, what others build upon.
    package static func inOrderOfMending(_ groups: [FailureGroup], _ catalogue: Catalogue) -> [FailureGroup] {
        func rank(_ group: FailureGroup) -> (Int, Int, Int, String) {
            let clause = group.failure.clause
            return (
                group.roots(catalogue).isEmpty ? 0 : 1, clause?.level == .must ? 0 : 1,
                clause.map { catalogue.position($0.id) } ?? -1, group.path
            )
        }
        return groups.sorted { rank($0) < rank($1) }
    }

    /// What a blocking failure has in common with others of its cause.
    package var cause: String {
        ([failure.place.inside.last ?? "\(path):\(failure.place.line)"] + failure.expected + [failure.received])
            .joined(separator: "\n")
    }
}

extension Segmentation {
    var rank: Int {
        switch self {
        case .flight: 0
        case .line: 1
        case .verb: 2
        case .byte: 3
        case .random: 4
        }
    }
}
