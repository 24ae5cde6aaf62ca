/// Generated payloads: any part of one is the same bytes, however it is asked for.

import Engine
import Posix
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformancePayloadTests {
    @Test(arguments: [1, 72, 73, 74, 65_521, 65_522, 200_000])
    func `lines have their width and no LF at the end`(_ count: Int) {
        let bytes = Payload.lines(bytes: count, width: 72, seed: 7)[0..<count]
        #expect(bytes.count == count && bytes.last != 10)
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        #expect(lines.dropLast().allSatisfy { $0.count == 72 })
        #expect((lines.last?.count ?? 0) <= 73)
    }

    @Test(arguments: [
        Payload.lines(bytes: 150_000, width: 72, seed: 7), .bytes(count: 150_000, seed: 9),
        .repeated(Array("abc\n".utf8), count: 37_500),
    ])
    func `pieces of a payload are its parts`(_ payload: Payload) {
        let whole = payload[0..<150_000]
        for size in [1000, 4096, 65_536] {
            let pieces = stride(from: 0, to: 150_000, by: size).flatMap { payload[$0..<min(150_000, $0 + size)] }
            #expect(pieces == whole)
        }
    }

    @Test func `a shifted copy of a payload differs`() {
        let payload = Payload.lines(bytes: 300_000, width: 72, seed: 7)
        #expect(payload[0..<65_521] != payload[65_521..<131_042])
        #expect(payload[0..<1000] != payload[73..<1073])
    }

    @Test func `bytes are of every value but LF`() {
        let bytes = Set(Payload.bytes(count: 65_521, seed: 1)[0..<65_521])
        #expect(bytes.count == 255 && !bytes.contains(10))
    }

    @Test func `another seed is another payload`() {
        #expect(Payload.bytes(count: 100, seed: 1)[0..<100] != Payload.bytes(count: 100, seed: 2)[0..<100])
    }

    @Test func `a difference tells where and what`() {
        let payload = Payload.repeated(Array("abcd\n".utf8), count: 20)
        let shown = PayloadDifference(payload, at: 12, received: Array("Xd\n".utf8)[...]).lines
        #expect(shown[0] == "it differs at byte 12 of 100, in its line 3")
        #expect(shown[2].hasSuffix("cd⏎abcd⏎abcd⏎abc") && shown[3].hasSuffix("Xd⏎"))
    }
}
