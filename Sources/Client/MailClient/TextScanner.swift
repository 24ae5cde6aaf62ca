/// Finds the line that is exactly "." in a text that comes in pieces.

import Posix

/// Unlike MailCore's `BodyScanner` it counts lines, for an error to name, and keeps the lone dot out of the text.
/// SEND-3: only `.` and LF, at the start of a line, ends a text; ". ", ".." and "." CR are text.
package struct TextScanner: Sendable {
    package enum State: Sendable {
        case lineStart
        /// A line so far is just a dot.
        case dot
        case inLine
    }

    package private(set) var state = State.lineStart
    /// The number of the line being scanned, from 1.
    package private(set) var line = 1

    package init() {}

    /// Goes on with `bytes[range]`. Returns the index after the lone dot's line feed, or nil when the piece has none;
    /// a text without a final line feed may then still end in `.dot`. After the lone dot the scanner has done its work.
    package mutating func scan(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            switch state {
            case .lineStart:
                if bytes[index] == UInt8(ascii: ".") {
                    state = .dot
                    index += 1
                } else {
                    state = .inLine
                }
            case .dot:
                if bytes[index] == UInt8(ascii: "\n") { return index + 1 }
                state = .inLine
            case .inLine:
                guard let feed = firstIndex(of: UInt8(ascii: "\n"), in: bytes, index..<range.upperBound) else {
                    return nil
                }
                index = feed + 1
                line += 1
                state = .lineStart
            }
        }
        return nil
    }

    /// What of `bytes[range]` is text, when the lone dot is not.
    package struct Piece: Equatable, Sendable {
        /// A dot that an earlier piece ended with is text after all, and comes first.
        package let heldDot: Bool
        package let text: Range<Int>
        /// The index after the lone dot's line feed, if the text ends here.
        package let end: Int?
    }

    /// Goes on with `bytes[range]` as `scan` does; a dot at its end is held back, because it may be the lone one.
    package mutating func take(_ bytes: [UInt8], _ range: Range<Int>) -> Piece {
        if range.isEmpty { return Piece(heldDot: false, text: range, end: nil) }
        let held = state == .dot
        let start = range.lowerBound
        if let end = scan(bytes, range) {
            // When only its line feed came in this piece, the held dot is the lone one.
            let isHeldOne = end - start == 1
            return Piece(heldDot: held && !isHeldOne, text: start..<(isHeldOne ? start : end - 2), end: end)
        }
        return Piece(heldDot: held, text: start..<(state == .dot ? range.upperBound - 1 : range.upperBound), end: nil)
    }
}
