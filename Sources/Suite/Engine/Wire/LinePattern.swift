/// What an S line demands of the received bytes, and how far the bytes at hand match it.

import Posix
package import Transcript

package enum PatternPiece: Sendable {
    case literal([UInt8])
    case payload(Payload)
    case capture(String, CaptureKind)
}

package struct LinePattern: Sendable {
    package var pieces: [PatternPiece]
    package init(_ pieces: [PatternPiece]) { self.pieces = pieces }

    package enum Outcome: Sendable, Equatable {
        case matched(length: Int, captures: [String: [UInt8]])
        /// At this offset the bytes stop being what is expected.
        case mismatch(at: Int)
        /// All bytes at hand match, and more must follow.
        case incomplete
    }

    /// - Parameter ended: nothing will follow `bytes`.
    package func match(_ bytes: ArraySlice<UInt8>, ended: Bool) -> Outcome {
        var position = bytes.startIndex
        var captures: [String: [UInt8]] = [:]
        func far() -> Int { position - bytes.startIndex }
        for piece in pieces {
            switch piece {
            case .literal(let literal):
                let there = bytes[position...].prefix(literal.count)
                if let difference = zip(there, literal).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                    return .mismatch(at: far() + difference)
                }
                if there.count < literal.count { return ended ? .mismatch(at: bytes.count) : .incomplete }
                position += literal.count
            case .payload(let payload):
                let there = bytes[position...].prefix(payload.count)
                if !there.elementsEqual(payload[0..<there.count]) { return .mismatch(at: far()) }
                if there.count < payload.count { return ended ? .mismatch(at: bytes.count) : .incomplete }
                position += payload.count
            case .capture(let name, let kind):
                switch LinePattern.take(kind, bytes[position...], ended) {
                case .taken(let count):
                    captures[name] = Array(bytes[position..<(position + count)])
                    position += count
                case .incomplete: return .incomplete
                case .mismatch: return .mismatch(at: far())
                }
            }
        }
        return .matched(length: far(), captures: captures)
    }

    private enum Taken { case taken(Int), incomplete, mismatch }

    private static func take(_ kind: CaptureKind, _ bytes: ArraySlice<UInt8>, _ ended: Bool) -> Taken {
        func run(_ belongs: (UInt8) -> Bool) -> Taken {
            let run = bytes.prefix(while: belongs)
            if run.count == bytes.count && !ended { return .incomplete }
            return run.isEmpty ? .mismatch : .taken(run.count)
        }
        switch kind {
        case .int: return run { (48...57).contains($0) }
        case .word: return run { $0 != 10 && $0 != 32 && $0 != 9 }
        case .line, .pattern:
            let line = bytes.prefix { $0 != 10 }
            if line.count == bytes.count && !ended { return .incomplete }
            guard case .pattern(let pattern) = kind else { return .taken(line.count) }
            return prefixMatch(pattern, line).map { .taken($0) } ?? .mismatch
        }
    }

    /// The length of the match at the beginning of the line; bytes count as the characters of Latin-1.
    private static func prefixMatch(_ pattern: String, _ line: ArraySlice<UInt8>) -> Int? {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: line.map { Unicode.Scalar($0) })
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar),
            let match = String(text).prefixMatch(of: regex)
        else { return nil }
        return match.range.upperBound.utf16Offset(in: String(text))
    }
}
