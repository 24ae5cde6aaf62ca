/// What is fuzzed: for each parser a property of arbitrary bytes, played by libFuzzer and over the stored corpus.

enum FuzzTarget: String, CaseIterable, Sendable {
    case protocolStream = "protocol"
    case transcript, index, reply, state

    /// What is wrong with how these bytes were taken; nil when all is right. A trap is a fault that needs no words.
    func fault(in input: [UInt8]) -> String? {
        switch self {
        case .protocolStream: protocolFault(input)
        case .transcript: transcriptFault(input)
        case .index: indexFault(input)
        case .reply: replyFault(input) ?? sanitiserFault(input)
        case .state: stateFault(input)
        }
    }
}

/// Cuts bytes into pieces as a seed says; a seed of 0 gives single bytes.
struct Cuts {
    private var state: UInt64
    private let largest: Int

    init(seed: UInt8) {
        state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15
        largest = seed == 0 ? 1 : 1 << (seed % 14)
    }

    /// The length of the next piece, at least 1.
    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return 1 + Int(state >> 33) % largest
    }
}

extension Collection where Element == UInt8 {
    /// For a fault's words.
    var shown: String { self.prefix(200).map { String($0, radix: 16) }.joined(separator: " ") }
}
