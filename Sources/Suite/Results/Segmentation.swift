/// How a flight of client lines is cut into writes (FRAME-1).

import Transcript

package enum Segmentation: Sendable, Hashable, LosslessStringConvertible {
    /// One write carries everything up to the next answer.
    case flight
    case line
    /// The verb's line alone, then the rest of the command.
    case verb
    case byte
    case random(seed: UInt64)

    package init?(_ text: String) {
        switch text {
        case "flight": self = .flight
        case "line": self = .line
        case "verb": self = .verb
        case "byte": self = .byte
        default:
            guard text.hasPrefix("random:"), let seed = UInt64(text.dropFirst(7)) else { return nil }
            self = .random(seed: seed)
        }
    }

    package var description: String {
        switch self {
        case .flight: "flight"
        case .line: "line"
        case .verb: "verb"
        case .byte: "byte"
        case .random(let seed): "random:\(seed)"
        }
    }
}
