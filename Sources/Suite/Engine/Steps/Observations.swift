/// What a failure shows besides its difference: the observations without which a usual cause is only a guess.

import Bytes
import Posix
import Results
import World

extension Interpreter {
    /// - Parameter endings: signals by which processes of the server ended meanwhile.
    func observations(_ unmet: Unmet, signals: [Int32], hasEnded: Bool) -> [Observation] {
        var seen: [Observation] = signals.map { .signal($0) }
        func note(_ sight: Observation.Sight, when holds: Bool) { if holds { seen.append(.sight(sight)) } }
        let (received, expected) = (unmet.received, unmet.expected)
        let wantsEnd = expected.contains { ["<eof>", "<closed>", "<reset>"].contains($0) }
        let wantsRefusal = expected.contains { $0 == "ERR⏎" }
        let isEnd = ["<eof>", "<reset>", "<connection refused>"].contains(received)
        let isStatus = received.hasPrefix("OK") || received.hasPrefix("ERR")
        note(.exit, when: hasEnded && signals.isEmpty)
        note(.closed, when: isEnd && !wantsEnd)
        if received == "nothing" {
            if case .rest? = wire.endOfWait { note(.nothing, when: true) }
            note(.busy, when: world.server.isOurs && !world.isStopped && world.server.tree.isBusy)
        }
        note(.extra, when: expected.contains { $0 == "nothing more" || $0 == "<nothing>" } && !isEnd)
        note(.nul, when: received.contains("\\0") || unmet.details.contains { $0.contains("\\0") })
        note(.granted, when: wantsRefusal && !isEnd && !received.hasPrefix("ERR") && received != "nothing")
        note(.refused, when: !wantsRefusal && !wantsEnd && received.hasPrefix("ERR"))
        note(.other, when: !isStatus && !isEnd && received != "nothing" && wantsRefusal)
        if let due = expected.first, due.hasSuffix("⏎") {
            note(.short, when: Observation.isShort(received, of: due))
            if let (due, found) = Observation.counts(due, received) {
                note(.more, when: found > due)
                note(.fewer, when: found < due)
            }
        }
        note(.fewer, when: received.hasPrefix("none among"))
        note(.second, when: wire.network.all.count { $0.socket != nil || $0.inbox.hasEnded } > 1)
        return seen + unmet.observations.map { .sight($0) }
    }
}

extension Observation {
    /// A proper beginning of the line that was due, and then something that is no part of it.
    fileprivate static func isShort(_ received: String, of due: String) -> Bool {
        let line = due.dropLast()
        let got = received.split(separator: "⏎", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        return !got.isEmpty && got.utf8.count < line.utf8.count && line.hasPrefix(got) && Int(line) == nil
    }

    /// LIST's count as it was due and as it came; nil where one of them is none.
    fileprivate static func counts(_ due: String, _ received: String) -> (Int, Int)? {
        let got = received.split(separator: "⏎", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard let due = Int(due.dropLast()), let found = Int(got) else { return nil }
        return (due, found)
    }
}
