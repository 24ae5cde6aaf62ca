/// Every text of up to six bytes out of those that framing and storing could trip over, in one session over the wire.

import Engine
import Testing

@Suite struct `Every short text on the wire` {
    private static let letters: [UInt8] = [0x0a, 0x2e, 0x0d, 0, 0xff, 0x61]

    /// Up to five letters and a line feed, and nothing at all; without those with a line that is just a dot.
    private static func texts() -> [[UInt8]] {
        var all: [[UInt8]] = [[]]
        var longest: [[UInt8]] = [[]]
        for _ in 0..<5 {
            longest = longest.flatMap { text in letters.map { text + [$0] } }
            all += longest
        }
        let dot: [UInt8] = [0x2e]
        return [[]]
            + all.map { $0 + [0x0a] }.filter {
                !$0.split(separator: 0x0a, omittingEmptySubsequences: false).contains(dot[...])
            }
    }

    @Test func `comes back as it was sent, pipelined`() throws {
        let texts = Self.texts()
        #expect(texts.count > 7000)
        try withServer(inMemory: true) { world in
            let talk = try world.talk()
            try talk.login("alice")
            // Batches, so that neither side's buffers fill up while the other waits.
            for start in stride(from: 0, to: texts.count, by: 200) {
                let batch = texts[start..<min(start + 200, texts.count)]
                try talk.say(batch.flatMap { Array("SEND\nbob\n\n".utf8) + $0 + Array(".\n".utf8) })
                #expect(try talk.hears(String(repeating: "OK\n", count: batch.count)))
            }
            try talk.say("QUIT\n")
            let reader = try world.talk()
            try reader.login("bob")
            try reader.say("LIST\n")
            #expect(try reader.hears("\(texts.count)\n" + String(repeating: "\n", count: texts.count)))
            for start in stride(from: 0, to: texts.count, by: 200) {
                let batch = texts[start..<min(start + 200, texts.count)]
                try reader.say(batch.indices.map { "READ\n\($0 + 1)\n" }.joined())
                for text in batch {
                    let expected = Array("OK\nalice\nbob\n\n".utf8) + text + Array(".\n".utf8)
                    let heard = try reader.hear(bytes: expected.count)
                    try #require(heard == expected, "\(text) came back as \(heard)")
                }
            }
        }
    }
}
