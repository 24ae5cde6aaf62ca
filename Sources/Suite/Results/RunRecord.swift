/// One run: what was to be played, and each playing's result. Every report is made from this and nothing else.

import Transcript

package struct RunRecord: Sendable, Equatable {
    package var start: RunStart
    package var results: [TranscriptResult]
    package var interrupted: Bool
    package var duration: Duration

    package init(
        start: RunStart, results: [TranscriptResult], interrupted: Bool = false, duration: Duration = .zero
    ) {
        (self.start, self.results, self.interrupted, self.duration) = (start, results, interrupted, duration)
    }

    /// Before anything was told: a run whose end is missing was interrupted.
    package init() {
        self.init(
            start: RunStart(server: "", foreign: false, transcripts: 0, segmentations: []), results: [],
            interrupted: true)
    }

    package mutating func add(_ event: RunEvent) {
        switch event {
        case .started(let start): self.start = start
        case .finished(let result): results.append(result)
        case .ended(let early, let time): (interrupted, duration) = (early, time)
        }
    }

    /// What failed in one round and passed in another is marked so.
    package func markingFlakes() -> RunRecord {
        struct Playing: Hashable { let path, segmentation: String }
        func playing(_ result: TranscriptResult) -> Playing {
            Playing(path: result.path, segmentation: result.segmentation.description)
        }
        let passed = Set(results.filter { $0.failure == nil && $0.untested == nil }.map(playing))
        var marked = self
        for index in results.indices where results[index].failure != nil {
            marked.results[index].isFlaky = passed.contains(playing(results[index]))
        }
        return marked
    }

    /// Whether it is a success: of a foreign server no MUST has failed, nothing crashed and nothing was blocked; of
    /// the reference nothing at all has failed. A failure that was expected is none, an unexpected pass is one.
    package var isGood: Bool {
        results.allSatisfy { result in
            switch result.verdict(foreign: start.foreign).row.trouble {
            case .never: true
            case .always: false
            case .ofMust: start.foreign && !result.isBlocked && result.failure?.clause?.level != .must
            }
        }
    }

    /// Why nothing at all could be judged: of a foreign server no LOGIN could be, and without one nothing else. nil: some
    /// of it was.
    package var unjudged: String? {
        guard start.foreign, !results.isEmpty, !results.contains(where: { $0.outcomes.contains { $0.isGood } }) else {
            return nil
        }
        let login = results.lazy.flatMap(\.outcomes).first { $0.clause.id == "LOGIN-1" && $0.verdict == .notTested }
        return isGood ? login?.reason : nil
    }

    package func tally(_ catalogue: Catalogue) -> Tally {
        Tally(results, catalogue: catalogue, foreign: start.foreign)
    }
}

/// What was about to be played, on what.
package struct RunStart: Sendable, Equatable {
    package var server: String
    /// The server is not the reference, whose promises (REF) are its own.
    package var foreign: Bool
    package var transcripts: Int
    package var segmentations: [Segmentation]
    /// Of the suite, as in CHANGELOG.md.
    package var version = ""
    /// What chance was made from; nil where nothing was left to it.
    package var seed: UInt64?
    package var partition: Partition?
    /// The whole suite was chosen, so that what is missing tells something.
    package var isWhole = true
    /// The suite's folder as seen from the checkout; paths of results begin there.
    package var folder = "conformance"
    /// The arguments that named another server, as one would type them again.
    package var target: String?

    package init(server: String, foreign: Bool, transcripts: Int, segmentations: [Segmentation]) {
        (self.server, self.foreign) = (server, foreign)
        (self.transcripts, self.segmentations) = (transcripts, segmentations)
        for case .random(let seed) in segmentations { self.seed = seed }
    }
}

/// One part of a run that several machines share: "2/4".
package struct Partition: Sendable, Equatable, LosslessStringConvertible {
    /// From 1.
    package let number: Int
    package let count: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], number >= 1, number <= count,
            count <= 1000
        else { return nil }
        (self.number, self.count) = (number, count)
    }

    package var description: String { "\(number)/\(count)" }

    /// The part's share: every count-th, so that slow neighbours are spread over the parts.
    package func share<Element>(_ all: [Element]) -> [Element] {
        all.enumerated().filter { $0.offset % count == number - 1 }.map(\.element)
    }
}
