/// The transcript language: what the parser reads, and what is said about a faulty file.

import Foundation
import Posix
import Testing
import Transcript

@testable import Transcript

private let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
private let conformance = corpus.appending(path: "../../../../conformance").standardized

private func files(_ folder: URL) -> [String] {
    (FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? [])
        .filter { $0.hasSuffix(".transcript") || $0.hasSuffix(".dialect") }.sorted()
        .map { folder.appending(path: $0).path }
}

private let validFiles = files(corpus.appending(path: "valid")) + files(conformance)
private let invalidFiles = files(corpus.appending(path: "invalid"))

private func parse(_ path: String) throws -> (bytes: [UInt8], transcript: Transcript) {
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    return (bytes, try Transcript.parse(bytes, path: path, as: path.hasSuffix(".dialect") ? .dialect : .transcript))
}

/// The steps of a body below a plain header, the first at line 4.
func steps(_ body: String) throws(ParseErrors) -> [Step] {
    let text = "format: 1\ntitle: a test\n\n" + body
    return Array(try Transcript.parse(Array(text.utf8), path: "t").steps.dropFirst())
}

struct TranscriptParserTests {
    /// Beside NAME.transcript stands NAME.errors: the places and reasons that must be reported, and no others.
    @Test(arguments: invalidFiles)
    func `an invalid file is refused at the places and for the reasons beside it`(path: String) throws {
        let beside = path.split(separator: ".").dropLast().joined(separator: ".") + ".errors"
        let expected = String(decoding: try Data(contentsOf: URL(filePath: beside)), as: UTF8.self)
        do {
            _ = try parse(path)
            Issue.record("accepted")
        } catch let errors as ParseErrors {
            let found = errors.errors.map { "\($0.line):\($0.column): \($0.message)\n" }.joined()
            #expect(found == expected)
        }
    }

    @Test func `the corpus and the suite are found`() {
        #expect(validFiles.count > 1)
        #expect(!invalidFiles.isEmpty)
    }

    @Test func `an error shows its line and a caret under the column`() throws {
        let source = Array("é \u{1b}x".utf8)
        let error = ParseError(path: "x.transcript", line: 4, column: 4, message: "no", source: source)
        #expect(error.description == "x.transcript:4:4: error: no\n  é ?x\n    ^")
    }

    @Test func `the escapes are bytes`() throws {
        let steps = try steps("C: \\\\\\n\\r\\t\\0\\s\\x7f\\{\\<\\-\n")
        let bytes: [UInt8] = [0x5c, 0x0a, 0x0d, 0x09, 0, 0x20, 0x7f, 0x7b, 0x3c]
        #expect(steps[0].action == .send(client: "", .text(Text(pieces: [.literal(bytes)], endsLine: false))))
    }

    @Test func `a line without a number belongs to the current connection`() throws {
        let steps = try steps("C: a\nC1: a\ndo login alice\ndo login C2 alice\n")
        let a = Text(pieces: [.literal(Array("a".utf8))])
        #expect(steps[0].action == .send(client: "", .text(a)))
        #expect(steps[1].action == .send(client: "1", .text(a)))
        let alice = Text(pieces: [.literal(Array("alice".utf8))])
        #expect(steps[2].action == .call(name: "login", client: "", arguments: [alice], options: []))
        #expect(steps[3].action == .call(name: "login", client: "2", arguments: [alice], options: []))
    }

    @Test func `blanks of a payload are its own`() throws {
        let steps = try steps("C:  x\nC:\nS: \\s\n")
        #expect(steps[0].action == .send(client: "", .text(Text(pieces: [.literal(Array(" x".utf8))]))))
        #expect(steps[1].action == .send(client: "", .text(Text(pieces: []))))
        #expect(steps[2].action == .expect(client: "", optional: false, .text(Text(pieces: [.literal([0x20])]))))
    }

    @Test func `a step knows its line, also inside blocks`() throws {
        let steps = try steps("repeat 2\n  either\n    S: a\n  or\n    S: b\n  end\nend\nS: c\n")
        guard case .repeated(_, let body) = steps[0].action, case .either(let alternatives) = body[0].action else {
            Issue.record("no blocks")
            return
        }
        let lines = [steps[0].line, body[0].line, alternatives[0][0].line, alternatives[1][0].line]
        #expect(lines == [4, 5, 6, 8])
        #expect(steps[1].line == 11)
    }

    @Test(arguments: [
        ("58s", 58_000_000_000), ("50ms", 50_000_000), ("61.999s", 61_999_000_000), ("1h", 3_600_000_000_000),
        ("2min", 120_000_000_000), ("0s", 0), ("1.5us", 1_500), ("3650d", 315_360_000_000_000_000),
    ])
    func `durations are read to the nanosecond`(text: String, nanoseconds: Int64) {
        #expect(Duration(written: text) == .nanoseconds(nanoseconds))
        #expect(Duration(written: Duration.nanoseconds(nanoseconds).written()) == .nanoseconds(nanoseconds))
        #expect(Duration(written: "-" + text, signed: true) == .nanoseconds(-nanoseconds))
    }

    @Test(arguments: [
        "", "s", "5", "5 s", "-5s", "+5s", "5.s", ".5s", "1.2.3s", "5S", "0.0000000001s", "99999999999999d",
    ])
    func `what is no duration is refused`(text: String) { #expect(Duration(written: text) == nil) }

    @Test(arguments: [
        ("0", 0), ("70KB", 70_000), ("10MiB", 10_485_760), ("10MB", 10_000_000), ("1GiB", 1 << 30),
    ])
    func `sizes are bytes`(text: String, bytes: Int) {
        #expect(size(written: text) == bytes)
        #expect(written(size: bytes) == text)
    }

    @Test(arguments: ["", "KB", "-1", "1 KB", "1kb", "1.5MB", "99999999999GiB"])
    func `what is no size is refused`(text: String) { #expect(size(written: text) == nil) }
}
