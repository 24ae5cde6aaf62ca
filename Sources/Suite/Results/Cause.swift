/// What usually is wrong where a clause fails, and the observation without which that would be a guess.

package struct CatalogueCause: Sendable, Equatable {
    /// Any of them makes the cause likely; empty: nothing that the engine sees does, and only `explain` tells it.
    package var observations: [Observation]
    package var text: String

    /// " when the connection ends or a process ends by signal 13", for `explain`.
    package var when: String {
        observations.isEmpty ? "" : " when " + observations.map(\.words).joined(separator: " or ")
    }
}

/// Something seen at a failure. conformance/clauses.txt describes each.
package enum Observation: Sendable, Equatable {
    /// `signal=13`: a process of the server ended by this signal.
    case signal(Int32)
    case sight(Sight)

    package enum Sight: String, Sendable, CaseIterable {
        case exit, closed, nothing, busy, extra, nul, granted, refused, other, short, more, fewer, binds, second, cut
        case outside, memory, zombies, descriptors
    }

    /// As clauses.txt and the JSON report write it.
    package var word: String {
        switch self {
        case .signal(let number): "signal=\(number)"
        case .sight(let sight): sight.rawValue
        }
    }

    package init?(_ word: some StringProtocol) {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        if let sight = Sight(rawValue: String(word)) {
            self = .sight(sight)
        } else if parts.count == 2, parts[0] == "signal", let number = Int32(parts[1]), (1...64).contains(number) {
            self = .signal(number)
        } else {
            return nil
        }
    }

    package var words: String {
        switch self {
        case .signal(let number): "a process ends by signal \(number)"
        case .sight(let sight): sight.words
        }
    }
}

extension Observation.Sight {
    fileprivate var words: String {
        switch self {
        case .exit: "the server ends by itself"
        case .closed: "the connection ends where a reply is due"
        case .nothing: "nothing comes while the server rests"
        case .busy: "nothing comes while the server computes"
        case .extra: "more comes than one reply"
        case .nul: "a NUL comes"
        case .granted: "it is not refused"
        case .refused: "it is refused"
        case .other: "another line comes"
        case .short: "the beginning comes and the rest does not"
        case .more: "a message is there that should not be"
        case .fewer: "a message is missing"
        case .binds: "the directory is asked more often"
        case .second: "another connection spoke meanwhile"
        case .cut: "it fails only when it comes in several writes"
        case .outside: "something outside the spool changed"
        case .memory: "the server takes more memory"
        case .zombies: "ended processes are not collected"
        case .descriptors: "descriptors stay open"
        }
    }
}

extension CatalogueClause {
    /// The usual causes whose observation was made at this failure; without one a cause would be a guess.
    package func causes(seenIn failure: Failure) -> [String] {
        causes.filter { $0.observations.contains(where: failure.observations.contains) }.map(\.text)
    }
}
