/// Cuts a flight of C lines into writes, as the segmentation says (FRAME-1).

import Posix
import Results
import Transcript

/// What a flight is made of.
package enum FlightPiece: Sendable, Equatable {
    case bytes([UInt8])
    case payload(Payload)
    /// "\|": a cut under every segmentation.
    case boundary
}

/// One write. A cut separates it from the next write, which waits until the server has read this one.
package enum Write: Sendable, Equatable {
    case bytes([UInt8])
    /// The middle of a payload, in writes of any size.
    case bulk(Payload, Range<Int>)
}

extension Write {
    var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .bulk(_, let range): range.count
        }
    }

    func bytes(from offset: Int, atMost limit: Int) -> [UInt8] {
        switch self {
        case .bytes(let bytes): Array(bytes[offset..<min(bytes.count, offset + limit)])
        case .bulk(let payload, let range):
            payload[(range.lowerBound + offset)..<min(range.upperBound, range.lowerBound + offset + limit)]
        }
    }
}

extension Segmentation {
    /// Cuts apply to this many bytes at each end of a payload; byte by byte, 10 MB would take minutes.
    package static let cutEnds = 4096
    /// Payloads up to this size go out in one write with the bytes around them.
    static let joined = 65_536

    package func cut(_ pieces: [FlightPiece]) -> [Write] {
        var writes: [Write] = []
        var open: [UInt8] = []
        var random = SplitMix(seed: seed)
        func flush() {
            writes += split(open, &random).map { .bytes($0) }
            open = []
        }
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): open += bytes
            case .boundary: flush()
            case .payload(let payload):
                let isWhole = self == .flight || self == .verb
                let ends = isWhole ? Segmentation.joined / 2 : Segmentation.cutEnds
                if payload.count <= 2 * ends {
                    open += payload[0..<payload.count]
                } else if isWhole {
                    flush()
                    writes.append(.bulk(payload, 0..<payload.count))
                } else {
                    open += payload[0..<ends]
                    flush()
                    writes.append(.bulk(payload, ends..<(payload.count - ends)))
                    open += payload[(payload.count - ends)..<payload.count]
                }
            }
        }
        flush()
        return writes
    }

    private var seed: UInt64 { if case .random(let seed) = self { seed } else { 0 } }

    private func split(_ bytes: [UInt8], _ random: inout SplitMix) -> [[UInt8]] {
        switch self {
        // The verb's line is cut off by the one who knows which lines are verbs, CommandEncoder.
        case .flight, .verb: bytes.isEmpty ? [] : [bytes]
        case .byte: bytes.map { [$0] }
        case .line: lines(bytes)
        case .random: chunks(bytes, &random)
        }
    }

    private func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var (result, start): ([[UInt8]], Int) = ([], 0)
        for (index, byte) in bytes.enumerated() where byte == 10 {
            result.append(Array(bytes[start...index]))
            start = index + 1
        }
        return start < bytes.count ? result + [Array(bytes[start...])] : result
    }

    /// Mostly a few bytes, now and then more than a line.
    private func chunks(_ bytes: [UInt8], _ random: inout SplitMix) -> [[UInt8]] {
        var (result, start): ([[UInt8]], Int) = ([], 0)
        while start < bytes.count {
            let most: UInt64 = random.next() % 4 == 0 ? 1500 : 24
            let end = min(bytes.count, start + 1 + Int(random.next() % most))
            result.append(Array(bytes[start..<end]))
            start = end
        }
        return result
    }
}
