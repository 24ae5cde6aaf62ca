/// What playing a transcript says about each clause it names.

import Bytes
package import Dialects
package import Transcript

package enum Verdict: String, Sendable, Equatable, Codable {
    case pass = "PASS"
    case fail = "FAIL"
    /// The server under test ended by itself.
    case crash = "CRASH"
    /// Otherwise than the sheet shows, in a way that is tolerated: neither pass nor fail.
    case adapted = "ADAPTED"
    case notTested = "NOT TESTED"
}

package struct ClauseID: Sendable, Hashable {
    package var id: String
    package var level: Level
    package init(_ id: String, _ level: Level) { (self.id, self.level) = (id, level) }
}

/// One tag of a transcript, judged.
package struct ClauseOutcome: Sendable, Equatable {
    package var clause: ClauseID
    /// The tag's line.
    package var line: Int
    package var verdict: Verdict
    /// How many expectations held.
    package var checks: Int
    /// Why it was not tested.
    package var reason: String?

    package init(clause: ClauseID, line: Int, verdict: Verdict, checks: Int, reason: String? = nil) {
        (self.clause, self.line, self.verdict, self.checks, self.reason) = (clause, line, verdict, checks, reason)
    }
}

extension ClauseOutcome {
    package var isGood: Bool { verdict == .pass || verdict == .adapted }
}

/// A place in the transcript, and the macros in between.
package struct Place: Sendable, Equatable {
    /// In the transcript itself.
    package var line: Int
    /// "strict.dialect:14, in do refused", outermost first.
    package var inside: [String]
    package init(line: Int, inside: [String] = []) { (self.line, self.inside) = (line, inside) }
}

/// One line of the conversation as it is shown.
package struct ExchangeLine: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable { case sent, received, event, world }
    package var line: Int
    /// "C1", "S1"; empty for the world.
    package var who: String
    package var kind: Kind
    /// At most `shown` bytes of `count`.
    package var bytes: [UInt8]
    package var count: Int
    package static let shown = 400

    package init(line: Int, who: String, kind: Kind, bytes: [UInt8], count: Int) {
        (self.line, self.who, self.kind, self.bytes, self.count) = (line, who, kind, bytes, count)
    }
}

/// The first thing that went wrong.
package struct Failure: Sendable, Equatable {
    package var place: Place
    /// nil: below [setup].
    package var clause: ClauseID?
    package var verdict: Verdict
    /// What the transcript says about the expectation, in its tag; may be empty.
    package var words = ""
    /// In words, one alternative each.
    package var expected: [String]
    package var received: String
    /// More about a difference or an end; may be empty.
    package var details: [String] = []
    /// How long it took from the beginning of the step.
    package var after: Duration = .zero
    package var exchange: [ExchangeLine] = []
    package var clock = ""
    package var server = ""
    package var log: [String] = []
    /// Clauses of the foundations that the failing step used: if one of them does not hold, this proves nothing.
    package var needs: [String] = []
    /// The flight that was not answered when the server ended, as far as it is shown; nil: none.
    package var crashed: [UInt8]?
    /// Other clauses that what was seen may belong to; see `RunRecord.puttingOff`.
    package var suspects: [String] = []
    /// What was seen besides; a usual cause is printed only where its observation was made.
    package var observations: [Observation] = []

    package init(place: Place, clause: ClauseID?, verdict: Verdict, expected: [String], received: String) {
        (self.place, self.clause, self.verdict) = (place, clause, verdict)
        (self.expected, self.received) = (expected, received)
    }
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

/// One transcript, played once.
package struct TranscriptResult: Sendable, Equatable {
    /// As given to the parser.
    package var path: String
    package var title: String
    package var segmentation: Segmentation
    package var outcomes: [ClauseOutcome]
    package var failure: Failure?
    /// Why the whole of it was not played.
    package var skipped: String?
    /// What the server did otherwise than the sheet shows and was understood all the same, one per kind.
    package var deviations: [Deviation] = []
    package var duration: Duration
    /// SHA-256 of the transcript's text, in hexadecimal, where it is known.
    package var digest: String?
    /// What was said beforehand about its failing; nil where nothing was.
    package var expectation: Expectation?
    /// Of --repeat, from 1.
    package var round: Int?
    /// It failed, but passed in another round.
    package var isFlaky = false

    package init(
        path: String, title: String, segmentation: Segmentation, outcomes: [ClauseOutcome], failure: Failure? = nil,
        skipped: String? = nil, duration: Duration = .zero
    ) {
        (self.path, self.title, self.segmentation, self.outcomes) = (path, title, segmentation, outcomes)
        (self.failure, self.skipped, self.duration) = (failure, skipped, duration)
    }

    /// The clause that has to be fixed first, where that is why it was not played to its end.
    package var fixFirst: String?

    /// Why nothing, or not all, of it was played, where that was nobody's failure.
    package var untested: String? {
        skipped ?? (failure == nil ? outcomes.first { $0.verdict == .notTested }?.reason : nil)
    }

    /// The failure is none of the server's: the sheet leaves it open, or it is a promise of the reference server alone.
    package func isTolerated(foreign: Bool) -> Bool {
        guard let failure, failure.verdict == .fail, let level = failure.clause?.level else { return false }
        return level == .may || (level == .ref && foreign)
    }

    /// Blocked: something below [setup] went wrong, so that no clause could be judged.
    package var isBlocked: Bool { failure.map { $0.clause == nil && $0.verdict != .crash } ?? false }
}

extension Failure {
    /// A LOGIN was refused where a clause about mail was to be judged, or a step failed that stands below no clause.
    package var isPreparation: Bool {
        guard let clause else { return true }
        let aboutMail = ["SEND-", "LIST-", "READ-", "DEL-", "QUIT-", "CONC-2", "CONC-3"]
        return needs.first == "LOGIN-1" && aboutMail.contains { clause.id.hasPrefix($0) }
    }
}
