/// Finds the line that ends a message: exactly "." (SEND-3), however the bytes were cut.

package struct BodyScanner: Equatable, Sendable {
    /// What has been seen of the current line.
    private enum Line { case start, dot, text }
    private var line = Line.start

    package init() {}

    /// How many of `bytes` belong to the message, its final ".\n" included, and whether that ends it.
    ///
    /// Speed matters here and nowhere else in this module: the search looks at eight positions at once for
    /// LF, dot, LF, so its pace does not depend on how long the lines are.
    package mutating func scan(_ bytes: borrowing Span<UInt8>) -> (count: Int, ended: Bool) {
        // The line under way was begun in an earlier block: step until its pattern lies in this one.
        var index = 0
        while index < bytes.count, line != .text || index == 0 {
            let byte = bytes[index]
            index += 1
            switch (line, byte) {
            case (.dot, newline): return (index, true)
            case (_, newline): line = .start
            case (.start, dot): line = .dot
            default: line = .text
            }
        }
        if index == bytes.count { return (index, false) }
        // Behind here a line is under way and is not the last: only LF "." LF ends the message.
        if let end = find(in: bytes, from: index) { return (end, true) }
        switch (bytes[bytes.count - 2], bytes[bytes.count - 1]) {
        case (_, newline): line = .start
        case (newline, dot): line = .dot
        default: line = .text
        }
        return (bytes.count, false)
    }

    /// The offset behind the first LF "." LF that starts at `start` or later.
    private func find(in bytes: borrowing Span<UInt8>, from start: Int) -> Int? {
        var index = start
        let raw = unsafe bytes.bytes
        // Each step loads 8 bytes at three offsets, so the last one reads 10 from `index`.
        while index + 10 <= bytes.count {
            // In bounds by the line above; the checked load costs a fifth of the speed.
            let first = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            let second = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index + 1, as: UInt64.self)
            let third = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index + 2, as: UInt64.self)
            // A byte of `differs` is zero where all three fit; the rest is the test for a zero byte in a word
            // (Hacker's Delight, §6–1).
            let differs = (first ^ newlines) | (second ^ dots) | (third ^ newlines)
            if (differs &- lowBits) & ~differs & highBits != 0 { break }
            index += 8
        }
        while index + 3 <= bytes.count {
            if bytes[index] == newline, bytes[index + 1] == dot, bytes[index + 2] == newline { return index + 3 }
            index += 1
        }
        return nil
    }
}

private let newline = UInt8(ascii: "\n")
private let dot = UInt8(ascii: ".")
// The same byte in each place of a word.
private let lowBits: UInt64 = 0x0101_0101_0101_0101
private let highBits: UInt64 = 0x8080_8080_8080_8080
private let newlines: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
private let dots: UInt64 = 0x2e2e_2e2e_2e2e_2e2e
