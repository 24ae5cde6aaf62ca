/// Failures that another failure explains: of two clauses that what was seen belongs to, the one that others build upon
/// fails, and the other one is not tested before that is fixed.

import Transcript

extension RunRecord {
    /// From what everything builds upon to what builds on most: a failure is put off only for a clause before its own.
    private static let order = [
        "LOGIN-1", "LOGIN-2", "LOGIN-3", "LOGIN-10", "LOGIN-4", "LOGIN-6", "SEND-1", "LIST-1", "READ-1", "DEL-1",
        "QUIT-1",
        "CONC-1", "BAN-1", "BAN-2", "BAN-3", "BAN-7", "PROC-3", "READ-2", "DEL-2", "SEND-2", "SEND-3", "SEND-5",
        "SEND-7",
        "SEND-4", "FRAME-3", "FRAME-1", "FRAME-2", "FRAME-5", "READ-3", "DEL-3", "DEL-4", "LIST-3", "SEND-6", "BAN-4",
        "BAN-5", "BAN-6", "CONC-2", "PROC-2",
    ]

    private static func rank(_ clause: String) -> Int { order.firstIndex(of: clause) ?? order.count }

    /// Each failure of a foreign server whose suspects failed too, in transcripts of their own and in the same way,
    /// becomes NOT TESTED. A crash explains no difference.
    package func puttingOff() -> RunRecord {
        guard start.foreign else { return self }
        var judged = self
        let open = results.indices.filter {
            results[$0].failure?.verdict == .fail && results[$0].failure?.clause != nil
        }
        for index in open.sorted(by: { rank(of: $0) < rank(of: $1) }) {
            guard let failure = results[index].failure, let clause = failure.clause else { continue }
            let own = RunRecord.rank(clause.id)
            let roots = open.lazy.compactMap { judged.results[$0].failure }.filter { other in
                guard let root = other.clause?.id, failure.suspects.contains(root) else { return false }
                return RunRecord.rank(root) < own && other.looksLike(failure)
            }
            let root = roots.compactMap { $0.clause?.id }.min { RunRecord.rank($0) < RunRecord.rank($1) }
            if let root { judged.results[index].putOff(until: root, failure) }
        }
        return judged
    }

    private func rank(of index: Int) -> Int { RunRecord.rank(results[index].failure?.clause?.id ?? "") }
}

extension TranscriptResult {
    fileprivate mutating func putOff(until root: String, _ failure: Failure) {
        let reason = "fix \(root) first: what failed in line \(failure.place.line) is a matter of it too"
        for index in outcomes.indices {
            if outcomes[index].verdict == .fail {
                (outcomes[index].verdict, outcomes[index].reason) = (.notTested, reason)
            } else if outcomes[index].verdict == .notTested {
                outcomes[index].reason = reason
            }
        }
        (self.failure, fixFirst) = (nil, root)
    }
}

extension Failure {
    /// The same was seen at both, or nothing but a difference.
    fileprivate func looksLike(_ other: Failure) -> Bool {
        let (mine, its) = (observations.filter(\.tells), other.observations.filter(\.tells))
        return mine.isEmpty && its.isEmpty || mine.contains(where: its.contains)
    }
}

extension Observation {
    /// Whether it says something of the reply, not of what stands around it.
    fileprivate var tells: Bool { self != .sight(.second) }
}
