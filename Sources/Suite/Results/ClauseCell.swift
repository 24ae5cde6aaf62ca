/// One clause on one implementation: the worst that its transcripts came to.

import Transcript

package struct ClauseCell: Equatable {
    package enum Mark: Int, CaseIterable {
        // The worst first.
        case crash, fail, unexpectedPass, expectedFailure, differs, adapted, pass, notTested, notReached

        package var letter: String {
            switch self {
            case .crash: "C"
            case .fail: "F"
            case .unexpectedPass: "U"
            case .expectedFailure: "X"
            case .differs: "D"
            case .adapted: "A"
            case .pass: "P"
            case .notTested: "N"
            case .notReached: "·"
            }
        }

        package var meaning: String {
            switch self {
            case .crash: "the server crashed"
            case .fail: "failed"
            case .unexpectedPass: "passes, but was expected to fail"
            case .expectedFailure: "failed, as expected"
            case .differs: "differs, where the sheet leaves it open"
            case .adapted: "met in the server's own way, which is tolerated"
            case .pass: "passed"
            case .notTested: "not tested"
            case .notReached: "no transcript of this run came to it"
            }
        }
    }

    package var mark = Mark.notReached
    /// Why it was not tested, or what had been said beforehand.
    package var reason: String?

    package init(_ clause: String, in run: RunRecord) {
        for result in run.results {
            for outcome in result.outcomes where outcome.clause.id == clause {
                let mark = ClauseCell.mark(outcome, result, foreign: run.start.foreign)
                guard mark.rawValue < self.mark.rawValue else { continue }
                (self.mark, reason) = (
                    mark, [.notTested, .adapted].contains(mark) ? outcome.reason : result.expectation?.reason
                )
            }
        }
    }

    private static func mark(_ outcome: ClauseOutcome, _ result: TranscriptResult, foreign: Bool) -> Mark {
        switch outcome.verdict {
        case .notTested: return .notTested
        case .adapted: return .adapted
        case .pass:
            if case .passed? = result.expectation { return .unexpectedPass }
            return .pass
        case .fail, .crash:
            if case .failed? = result.expectation { return .expectedFailure }
            if outcome.verdict == .crash { return .crash }
            return result.isTolerated(foreign: foreign) ? .differs : .fail
        }
    }
}

/// The clauses × implementations as plain text.
package enum MatrixText {
    package static func table(_ runs: [RunRecord], _ catalogue: Catalogue) -> String {
        var lines = runs.enumerated().map { "\($0.offset + 1)  \($0.element.start.server)" }
        let width = catalogue.clauses.map(\.id.utf8.count).max() ?? 0
        func row(_ head: String, _ cells: [String]) -> String {
            head + String(repeating: " ", count: width + 2 - head.utf8.count) + cells.joined(separator: " ")
        }
        let columns = runs.indices.map { String(($0 + 1) % 10) }
        for level in Level.allCases {
            let clauses = catalogue.clauses.filter { $0.level == level }
            if clauses.isEmpty { continue }
            lines += ["", row(level.rawValue, columns)]
            for clause in clauses {
                lines.append(row(clause.id, runs.map { ClauseCell(clause.id, in: $0).mark.letter }))
            }
        }
        let legend = ClauseCell.Mark.allCases.map { "\($0.letter) \($0.meaning)" }
        return (lines + ["", legend.joined(separator: " · ")]).joined(separator: "\n") + "\n"
    }
}
