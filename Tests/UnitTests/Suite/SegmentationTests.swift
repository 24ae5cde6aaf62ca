/// How flights are cut into writes.

import Engine
import Posix
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformanceSegmentationTests {
    private let flight: [FlightPiece] = [.bytes(Array("LOGIN\nalice\n".utf8)), .bytes(Array("secret\nLI".utf8))]

    private func texts(_ writes: [Write]) -> [String] {
        writes.map { write in
            switch write {
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
            case .bulk(_, let range): "<\(range)>"
            }
        }
    }

    @Test func `a flight is one write`() {
        #expect(texts(Segmentation.flight.cut(flight)) == ["LOGIN\nalice\nsecret\nLI"])
    }

    @Test func `lines are cut after each LF, the unfinished one stays a write of its own`() {
        #expect(texts(Segmentation.line.cut(flight)) == ["LOGIN\n", "alice\n", "secret\n", "LI"])
    }

    @Test func `bytes are cut one by one`() {
        let writes = Segmentation.byte.cut(flight)
        #expect(writes.count == 21 && writes.allSatisfy { $0.count == 1 })
    }

    @Test func `a boundary is kept under every segmentation`() {
        let pieces: [FlightPiece] = [.bytes(Array("LO".utf8)), .boundary, .bytes(Array("GIN\n".utf8))]
        #expect(texts(Segmentation.flight.cut(pieces)) == ["LO", "GIN\n"])
        #expect(texts(Segmentation.line.cut(pieces)) == ["LO", "GIN\n"])
    }

    @Test func `of a payload only its ends are cut`() {
        let payload = Payload.lines(bytes: 100_000, width: 72, seed: 1)
        let writes = Segmentation.byte.cut([.bytes([65]), .payload(payload), .bytes([10])])
        #expect(writes.count == 1 + 4096 + 1 + 4096 + 1)
        #expect(writes[4097] == .bulk(payload, 4096..<95_904))
    }

    @Test(arguments: [Segmentation.flight, .line, .byte, .random(seed: 3), .random(seed: 4)])
    func `any cut of a flight is the same bytes`(_ segmentation: Segmentation) {
        let payload = Payload.lines(bytes: 90_000, width: 60, seed: 5)
        let pieces = flight + [.payload(payload), .boundary, .bytes(Array("\n.\n".utf8))]
        let sent = segmentation.cut(pieces).flatMap { write in
            stride(from: 0, to: write.count, by: 1000).flatMap { write.bytes(from: $0, atMost: 1000) }
        }
        #expect(sent == Array("LOGIN\nalice\nsecret\nLI".utf8) + payload[0..<90_000] + Array("\n.\n".utf8))
    }

    @Test func `a random cut is the same for the same seed and another for another`() {
        let cut = { (seed: UInt64) in Segmentation.random(seed: seed).cut(flight) }
        #expect(cut(7) == cut(7))
        #expect((1...20).contains { cut(7) != cut($0) })
    }

    @Test func `names are read as they are written`() {
        for name in ["flight", "line", "verb", "byte", "random:42"] { #expect(Segmentation(name)?.description == name) }
        #expect(Segmentation("random:") == nil && Segmentation("packet") == nil)
    }
}
