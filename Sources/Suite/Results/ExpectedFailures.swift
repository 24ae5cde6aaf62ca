/// The failures that somebody knows of (--expected-failures): they are XFAIL, and what passes although it is listed is
/// XPASS.

import Bytes
import Transcript

package struct ExpectedFailures: Sendable, Equatable {
    /// "TARGET SIGNATURE REASON": a clause, or a transcript, of which @SEGMENTATION may name one playing; the failure's
    /// signature, or "*" for any; and why it is not mended.
    struct Entry: Sendable, Equatable {
        enum Target: Sendable, Equatable {
            /// A retired clause is all of its successors: a failure of any of them is the one that was known.
            case clauses([String])
            case transcript(String, Segmentation?)
        }
        var target: Target
        var signature: String?
        var reason: String
    }

    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "\(line): error: \(message)" }
    }

    private(set) var entries: [Entry] = []

    /// Reads one entry per line; "#" begins a comment line.
    package init(parsing text: String, catalogue: Catalogue) throws(Fault) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("#") || line.allSatisfy({ $0 == " " }) { continue }
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3 else {
                throw Fault(line: index + 1, message: "a line is 'TARGET SIGNATURE REASON'; * is any signature")
            }
            guard let target = ExpectedFailures.target(words[0], catalogue) else {
                throw Fault(line: index + 1, message: "'\(words[0])' is no clause and no transcript")
            }
            let isHex = words[1].utf8.count == 8 && Hexadecimal.bytes(words[1]) != nil
            guard words[1] == "*" || isHex else {
                throw Fault(line: index + 1, message: "a signature is eight hexadecimal digits or *, not '\(words[1])'")
            }
            entries.append(Entry(target: target, signature: isHex ? words[1] : nil, reason: words[2]))
        }
    }

    private static func target(_ word: String, _ catalogue: Catalogue) -> Entry.Target? {
        let clauses = catalogue.successors(of: word)
        if !clauses.isEmpty { return .clauses(clauses) }
        let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasSuffix(".transcript") else { return nil }
        if parts.count == 1 { return .transcript(word, nil) }
        return Segmentation(parts[1]).map { .transcript(parts[0], $0) }
    }

    /// Judges a run's playings. An entry for a clause is an unexpected pass only when the whole suite was played: what
    /// fails may be in another part.
    package func applied(to run: RunRecord) -> RunRecord {
        var judged = run
        let isWhole = run.start.isWhole && run.start.partition == nil
        for index in judged.results.indices { judged.results[index].expectation = nil }
        for entry in entries {
            let failing = run.results.indices.filter { entry.covers(failing: run.results[$0], run.start.foreign) }
            for index in failing {
                let isSame = entry.signature.map { $0 == run.results[index].failure?.signature } ?? true
                if isSame {
                    judged.results[index].expectation = Expectation(.failed, reason: entry.reason)
                } else if judged.results[index].expectation == nil {
                    judged.results[index].expectation = Expectation(.failedOtherwise, reason: entry.reason)
                }
            }
            if case .clauses = entry.target, !isWhole { continue }
            guard failing.isEmpty else { continue }
            for index in run.results.indices where entry.covers(passing: run.results[index]) {
                judged.results[index].expectation = Expectation(.passed, reason: entry.reason)
            }
        }
        return judged
    }
}

extension ExpectedFailures.Entry {
    func covers(failing result: TranscriptResult, _ foreign: Bool) -> Bool {
        guard let failure = result.failure, !result.isTolerated(foreign: foreign) else { return false }
        switch target {
        case .clauses(let ids): return failure.clause.map { ids.contains($0.id) } ?? false
        case .transcript(let path, let cut): return result.path == path && (cut == nil || cut == result.segmentation)
        }
    }

    func covers(passing result: TranscriptResult) -> Bool {
        guard result.failure == nil, result.untested == nil else { return false }
        switch target {
        case .clauses(let ids):
            return result.outcomes.contains { ids.contains($0.clause.id) && $0.verdict == .pass }
        case .transcript(let path, let cut): return result.path == path && (cut == nil || cut == result.segmentation)
        }
    }
}
