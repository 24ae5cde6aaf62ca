/// What a report says of one playing, of a transcript and of a clause in a run: one table of words and what they mean.

import Transcript

package enum CaseVerdict: String, Sendable, Equatable, CaseIterable {
    case pass = "PASS"
    case fail = "FAIL"
    case crash = "CRASH"
    /// Failed, and passed when it was played again (--repeat).
    case flaky = "FLAKY"
    /// Something below [setup] went wrong, so that no clause could be judged.
    case blocked = "BLOCKED"
    /// Another choice than ours where the sheet is open (MAY), or no promise of this server's (REF).
    case differs = "DIFFERS"
    /// Every clause of it is met, but in a way that the dialect had to put right.
    case adapted = "ADAPTED"
    case notTested = "NOT TESTED"
    /// Failed, as --expected-failures says.
    case expectedFailure = "XFAIL"
    /// Passed, although --expected-failures says that it fails.
    case unexpectedPass = "XPASS"
    /// Of a clause only: no transcript of the run came to it.
    case notReached = "NOT REACHED"

    /// Whether it makes CI red.
    package enum Trouble: Sendable { case never, always, ofMust }
    package enum JUnitElement: String, Sendable { case failure, error, skipped, output = "system-out" }
    package enum Annotation: String, Sendable { case error, warning, notice }

    package var isTrouble: Bool { row.trouble != .never }

    /// What reports make of a verdict.
    package typealias Row = (
        /// From 0, the worst: of several verdicts on one transcript or one clause the worst decides.
        rank: Int,
        /// In the matrix; empty: a clause never has this verdict.
        letter: String,
        /// The cell's class in the style sheet.
        style: String,
        meaning: String,
        /// In the line of counts: "3 crashed".
        counted: String,
        /// `ofMust`: of another server only where a MUST is broken.
        trouble: Trouble,
        element: JUnitElement?,
        /// GitHub's level.
        annotation: Annotation?
    )

    package var row: Row {
        switch self {
        case .crash: (0, "C", "crash", "the server crashed", "crashed", .always, .error, .error)
        case .fail: (1, "F", "fail", "failed", "failed", .ofMust, .failure, .error)
        case .blocked: (2, "", "", "nothing could be judged", "blocked", .always, .error, .error)
        case .flaky: (3, "", "", "failed in one round, passed in another", "flaky", .ofMust, .failure, .error)
        case .unexpectedPass:
            (4, "U", "upass", "passes, but was expected to fail", "passed unexpectedly", .always, .failure, .error)
        case .expectedFailure: (5, "X", "xfail", "failed, as expected", "failed as expected", .never, .skipped, .notice)
        case .differs: (6, "D", "differs", "differs, where the sheet leaves it open", "differing", .never, .output, nil)
        case .adapted:
            (7, "A", "adapted", "met in the server's own way, which is tolerated", "adapted", .never, .output, nil)
        case .pass: (8, "P", "pass", "passed", "passed", .never, nil, nil)
        case .notTested: (9, "N", "untested", "not tested", "not tested", .never, .skipped, nil)
        case .notReached:
            (10, "·", "unreached", "no transcript of this run came to it", "not reached", .never, nil, nil)
        }
    }
}

/// What --expected-failures said about one playing.
package struct Expectation: Sendable, Equatable, Codable {
    package enum Met: String, Sendable, Codable {
        case failed, passed
        /// It failed, but not with the signature given.
        case failedOtherwise = "failed otherwise"
    }
    package var met: Met
    package var reason: String
    package init(_ met: Met, reason: String) { (self.met, self.reason) = (met, reason) }
}

extension TranscriptResult {
    package func verdict(foreign: Bool) -> CaseVerdict {
        if expectation?.met == .failed { return .expectedFailure }
        if expectation?.met == .passed { return .unexpectedPass }
        if failure?.verdict == .crash { return .crash }
        if isTolerated(foreign: foreign) { return .differs }
        if isBlocked { return isFlaky ? .flaky : .blocked }
        if failure != nil { return isFlaky ? .flaky : .fail }
        if untested != nil { return .notTested }
        return isAdapted ? .adapted : .pass
    }

    /// What it says about one of its clauses.
    func verdict(on outcome: ClauseOutcome, foreign: Bool) -> CaseVerdict {
        switch outcome.verdict {
        case .notTested: return .notTested
        case .adapted: return .adapted
        case .pass: return expectation?.met == .passed ? .unexpectedPass : .pass
        case .fail, .crash:
            if expectation?.met == .failed { return .expectedFailure }
            if outcome.verdict == .crash { return .crash }
            return isTolerated(foreign: foreign) ? .differs : .fail
        }
    }

    private var isAdapted: Bool {
        outcomes.contains { $0.verdict == .adapted } && !outcomes.contains { $0.verdict == .pass }
    }

    /// Why it is not simply PASS or FAIL.
    package var reason: String? { expectation?.reason ?? untested ?? (isAdapted ? adaptation : nil) }

    private var adaptation: String? { outcomes.first { $0.verdict == .adapted }?.reason }
}
