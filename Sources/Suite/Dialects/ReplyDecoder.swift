/// Takes a server's own framing off its replies: lengths before them, NULs behind them, blocks of one size.

struct ReplyDecoder {
    fileprivate var framing: Dialect.ReplyFraming
    fileprivate var held: [UInt8] = []
    /// Of the message at hand, where its length was told.
    fileprivate var left = 0
    /// A length beyond it is none.
    private static let longest = 1 << 30

    var isHolding: Bool { !held.isEmpty }

    init(_ framing: Dialect.ReplyFraming) { self.framing = framing }

    /// What has come inside a frame; a frame's rest is kept back until it is there.
    mutating func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        if framing == .none { return Array(bytes) }
        held += bytes
        var output: [UInt8] = []
        while let more = next() { output += more }
        return output
    }

    /// Nothing more is under way: what was kept back, as it came.
    mutating func rest() -> [UInt8] {
        defer { held = [] }
        if case .block = framing { return Array(held.prefix { $0 != 0 }) }
        return held
    }

    private mutating func next() -> [UInt8]? {
        if held.isEmpty { return nil }
        switch framing {
        case .none: return take(held.count)
        case .nul:
            let whole = take(held.count)
            return whole.filter { $0 != 0 }
        case .block(let size):
            guard held.count >= size else { return nil }
            return Array(take(size).prefix { $0 != 0 })
        case .length(let isBigEndian):
            if left > 0 { return part() }
            guard held.count >= 4 else { return nil }
            let four = held.prefix(4)
            begin(isBigEndian ? number(Array(four)) : number(four.reversed()), prefix: 4)
        case .lengthLine:
            if left > 0 { return part() }
            guard let end = held.firstIndex(of: 10) else { return held.count > 12 ? giveUp() : nil }
            let digits = String(decoding: held[..<end].filter { $0 != 13 }, as: UTF8.self)
            begin(Int(digits) ?? -1, prefix: end + 1)
        }
        return []
    }

    private mutating func part() -> [UInt8] {
        let part = take(min(left, held.count))
        left -= part.count
        return part
    }

    private mutating func begin(_ length: Int, prefix: Int) {
        guard (0...ReplyDecoder.longest).contains(length) else {
            framing = .none
            return
        }
        held.removeFirst(prefix)
        left = length
    }

    private mutating func giveUp() -> [UInt8] {
        framing = .none
        return []
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { held.removeFirst(count) }
        return Array(held.prefix(count))
    }

    private func number(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}

extension Dialect.ReplyFraming {
    /// A whole reply without it.
    package func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var decoder = ReplyDecoder(self)
        return decoder.decode(bytes[...]) + decoder.rest()
    }

    /// Whether each of these is nothing but whole frames.
    func fits(_ replies: [[UInt8]]) -> Bool {
        let heard = replies.filter { !$0.isEmpty }
        return !heard.isEmpty
            && heard.allSatisfy { bytes in
                var decoder = ReplyDecoder(self)
                let inside = decoder.decode(bytes[...])
                return decoder.framing == self && decoder.held.isEmpty && decoder.left == 0 && !inside.isEmpty
            }
    }
}
