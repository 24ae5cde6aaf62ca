/// What one playing of a transcript comes to, as reports and CI count it.

import Bytes
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
}

/// What --expected-failures said about one playing.
package enum Expectation: Sendable, Equatable {
    case failed(reason: String)
    case passed(reason: String)
    /// It failed, but not with the signature given.
    case failedOtherwise(reason: String)

    package var reason: String {
        switch self {
        case .failed(let reason), .passed(let reason), .failedOtherwise(let reason): reason
        }
    }
}

extension TranscriptResult {
    package func verdict(foreign: Bool) -> CaseVerdict {
        if case .failed? = expectation { return .expectedFailure }
        if case .passed? = expectation { return .unexpectedPass }
        if failure?.verdict == .crash { return .crash }
        if isTolerated(foreign: foreign) { return .differs }
        if isBlocked { return isFlaky ? .flaky : .blocked }
        if failure != nil { return isFlaky ? .flaky : .fail }
        if untested != nil { return .notTested }
        return isAdapted ? .adapted : .pass
    }

    private var isAdapted: Bool {
        outcomes.contains { $0.verdict == .adapted } && !outcomes.contains { $0.verdict == .pass }
    }

    /// Why it is not simply PASS or FAIL.
    package var reason: String? { expectation?.reason ?? untested ?? (isAdapted ? adaptation : nil) }

    private var adaptation: String? { outcomes.first { $0.verdict == .adapted }?.reason }
}

extension Failure {
    /// Eight hexadecimal digits: the same for the same failure, whatever numbers the server put into it, and however
    /// much of what followed had arrived already.
    package var signature: String {
        var text = "\(verdict.rawValue) \(clause?.id ?? "setup") "
        let first = received.replacing(#/ and \d+ bytes more$/#, with: "")
        for character in (expected + [first]).joined(separator: "\n") {
            if !character.isNumber {
                text.append(character)
            } else if text.last != "#" {
                text.append("#")
            }
        }
        return String(SHA256.hex(Array(text.utf8)).prefix(8))
    }
}
