/// Computes a value of any size piece by piece, so that it can be sent and compared without being held in memory.

import Posix
import Transcript

/// Two payloads with the same parameters have the same bytes, on every machine.
package struct Payload: Sendable, Equatable, CustomStringConvertible {
    package var description: String { "payload of \(count) bytes" }
    package let count: Int
    private let content: Content

    private enum Content: Sendable, Equatable {
        /// `width` 0: no line ends.
        case noise([UInt8], width: Int)
        case repeated([UInt8])
    }

    /// Prime, so that no line length or buffer size divides it and a shifted copy always differs.
    private static let period = 65_521

    /// Letters and digits, with a LF after every `width` of them but never as the last byte.
    package static func lines(bytes: Int, width: Int, seed: UInt64) -> Payload {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        var random = SplitMix(seed: seed)
        let base = (0..<min(bytes, period)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        return Payload(count: bytes, content: .noise(base, width: width))
    }

    /// Bytes of any value but LF.
    package static func bytes(count: Int, seed: UInt64) -> Payload {
        var random = SplitMix(seed: seed)
        let base = (0..<min(count, period)).map { _ in
            let byte = UInt8(truncatingIfNeeded: random.next())
            return byte == 10 ? 11 : byte
        }
        return Payload(count: count, content: .noise(base, width: 0))
    }

    package static func repeated(_ unit: [UInt8], count: Int) -> Payload {
        Payload(count: unit.count * count, content: .repeated(unit))
    }

    package subscript(range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the payload")
        switch content {
        case .repeated(let unit): return Payload.cycle(unit, range)
        case .noise(let base, let width):
            var bytes = Payload.cycle(base, range)
            stampBlocks(&bytes, range)
            if width > 0 { breakLines(&bytes, range, width) }
            return bytes
        }
    }

    private static func cycle(_ unit: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let start = offset % unit.count
            let end = min(unit.count, start + range.upperBound - offset)
            bytes += unit[start..<end]
            offset += end - start
        }
        return bytes
    }

    /// Each period begins with its number, so that a lost, doubled or exchanged piece shows.
    private func stampBlocks(_ bytes: inout [UInt8], _ range: Range<Int>) {
        let digits = Array("0123456789abcdef".utf8)
        for block
            in (range.lowerBound / Payload.period)...(max(range.lowerBound, range.upperBound - 1) / Payload.period)
        where block > 0 {
            for digit in 0..<8 {
                let position = block * Payload.period + digit
                if range.contains(position) {
                    bytes[position - range.lowerBound] = digits[(block >> (4 * (7 - digit))) & 15]
                }
            }
        }
    }

    private func breakLines(_ bytes: inout [UInt8], _ range: Range<Int>, _ width: Int) {
        var position = range.lowerBound / (width + 1) * (width + 1) + width
        while position < range.upperBound {
            if position >= range.lowerBound && position != count - 1 { bytes[position - range.lowerBound] = 10 }
            position += width + 1
        }
    }
}

/// Sebastiano Vigna's splitmix64: small, and the same everywhere for the same seed.
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
