/// Lines from standard input, typed or piped.

import Posix
import SystemPackage

package struct LineInput: ~Copyable {
    private let descriptor: Int32
    private let waiting: InterruptibleWait
    private var bytes = [UInt8](repeating: 0, count: 65_536)
    private var unread = 0..<0

    package init(_ descriptor: Int32, waiting: InterruptibleWait) {
        self.descriptor = descriptor
        self.waiting = waiting
    }

    /// The next line without its line feed; nil at the end of the input. A line may have 64 KiB.
    package mutating func line() throws(ClientFailure) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if let feed = firstIndex(of: UInt8(ascii: "\n"), in: bytes, unread) {
                line += bytes[unread.lowerBound..<feed]
                unread = (feed + 1)..<unread.upperBound
                return line
            }
            line += bytes[unread]
            if line.count > 65_536 { throw .failed(.usage, "a line of more than 65536 bytes is no command") }
            if try !refill() { return line.isEmpty ? nil : line }
        }
    }

    /// Takes the lines of a text up to the lone dot; false when the input ends before it.
    package mutating func text(into text: inout SpooledText) throws(ClientFailure) -> Bool {
        var scanner = TextScanner()
        while true {
            let piece = scanner.take(bytes, unread)
            if piece.heldDot { try text.append([UInt8(ascii: ".")]) }
            try text.append(bytes[piece.text])
            if let end = piece.end {
                unread = end..<unread.upperBound
                return true
            }
            if try !refill() { return false }
        }
    }

    private mutating func refill() throws(ClientFailure) -> Bool {
        unread = 0..<0
        _ = try waiting.wait(for: .readable, on: descriptor)
        do {
            unread = 0..<(try read(descriptor, into: &bytes, at: 0..<bytes.count))
        } catch {
            throw .failed(.noInput, "cannot read standard input: \(error)")
        }
        return !unread.isEmpty
    }
}
