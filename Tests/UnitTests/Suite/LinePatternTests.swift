/// S lines against the bytes received: fits, does not fit, or not to be told yet.

import Bytes
import Engine
import Posix
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformancePatternTests {
    private func match(_ pieces: [PatternPiece], _ text: String, ended: Bool = false) -> LinePattern.Outcome {
        LinePattern(pieces).match(Array(text.utf8)[...], ended: ended)
    }
    private func literal(_ text: String) -> PatternPiece { .literal(Array(text.utf8)) }

    @Test func `a literal fits as soon as it is whole and not before`() {
        #expect(match([literal("OK\n")], "OK") == .incomplete)
        #expect(match([literal("OK\n")], "OK\nmore") == .matched(length: 3, captures: [:]))
    }

    @Test func `a wrong byte is told at once, with its place`() {
        #expect(match([literal("OK\n")], "ER") == .mismatch(at: 0))
        #expect(match([literal("OK\n")], "OX") == .mismatch(at: 1))
    }

    @Test func `what is cut off by the end does not fit`() {
        #expect(match([literal("OK\n")], "OK", ended: true) == .mismatch(at: 2))
    }

    @Test func `a number is captured up to what is no digit`() {
        let pieces = [PatternPiece.capture("n", .int), literal("\n")]
        #expect(match(pieces, "12") == .incomplete)
        #expect(match(pieces, "12\n") == .matched(length: 3, captures: ["n": Array("12".utf8)]))
        #expect(match(pieces, "x\n") == .mismatch(at: 0))
    }

    @Test func `words end at blanks and lines at line ends`() {
        #expect(
            match([.capture("w", .word), literal(" "), .capture("l", .line), literal("\n")], "to be or\n")
                == .matched(length: 9, captures: ["w": Array("to".utf8), "l": Array("be or".utf8)]))
    }

    @Test func `a regular expression fits at the beginning and sees bytes`() {
        let pieces = [PatternPiece.capture("x", .pattern("[0-9]+ of [0-9]+")), literal("\n")]
        #expect(match(pieces, "1 of 12\n") == .matched(length: 8, captures: ["x": Array("1 of 12".utf8)]))
        #expect(match(pieces, "no 1 of 12\n") == .mismatch(at: 0))
        #expect(match([.capture("x", .pattern(".")), literal("\u{bc}\n")], "\u{fc}\n") == .mismatch(at: 1))
    }

    @Test func `the beginning of a payload is enough to know it`() {
        let payload = Payload.lines(bytes: 100_000, width: 72, seed: 1)
        let beginning = LinePattern([literal("> "), .payload(payload), literal("\n")]).beginning
        let bytes = Array("> ".utf8) + payload[0..<4096]
        #expect(beginning.match(bytes[...], ended: false) == .matched(length: 4098, captures: [:]))
    }

    @Test func `bytes are shown in one line with nothing hidden`() {
        #expect(Visible.line(Array("OK\n".utf8)) == "OK⏎")
        #expect(Visible.line([0, 27, 9, 13, 0xff, 0xc3, 0xbc]) == "\\0\\x1b\\t\\r\\xffü")
        #expect(Visible.line(Array("\u{202e}".utf8)) == "\\xe2\\x80\\xae")
        #expect(Visible.line(Array("abcdef".utf8), limit: 3) == "abc… (6 bytes)")
    }
}
