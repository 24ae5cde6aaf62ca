/// The usual form of transcripts: which files have it, and what becomes of those that have not.

import Foundation
import Testing

@testable import Transcript

private let root = URL(filePath: #filePath).appending(path: "../../../..").standardized

private func files(_ folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.allObjects as? [String] ?? [])
        .filter { $0.hasSuffix(".transcript") || $0.hasSuffix(".dialect") }.sorted().map { "\(folder)/\($0)" }
}

private let suite = files("conformance")

private func kind(_ path: String) -> Transcript.Kind { path.hasSuffix(".dialect") ? .dialect : .transcript }

struct TranscriptFormatterTests {
    private static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: path)))
    }

    private func formatted(_ text: String) throws -> String {
        String(decoding: try Transcript.formatted(Array(text.utf8), path: "t"), as: UTF8.self)
    }

    @Test(arguments: suite)
    func `the suite has its usual form`(path: String) throws {
        let bytes = try Self.bytes(path)
        #expect(try Transcript.formatted(bytes, path: path, as: kind(path)) == bytes)
    }

    @Test func `the suite is found`() { #expect(suite.count >= 60) }

    @Test func `every construct means the same in its usual form, and keeps its comments and blank lines`() throws {
        let path = "Tests/UnitTests/Suite/Corpus/valid/everything.transcript"
        let bytes = try Self.bytes(path)
        let formatted = try Transcript.formatted(bytes, path: path)
        let (before, after) = (try Transcript.parse(bytes, path: path), try Transcript.parse(formatted, path: path))
        #expect(after.header == before.header)
        #expect(after.steps == before.steps)
        #expect(formatted != bytes)
        #expect(try Transcript.formatted(formatted, path: path) == formatted)
    }

    @Test func `the header stands in order and in columns`() throws {
        let text = """
            format: 1
            limits: a=1,b=2
            users:  alice,bob,   carla
            timeout:   5s
            tags: T1
            title:  two  blanks, a comma

            """
        let expected = """
            format:  1
            title:   two  blanks, a comma
            users:   alice, bob, carla
            tags:    T1
            timeout: 5s
            limits:  a=1, b=2

            """
        #expect(try formatted(text) == expected)
        #expect(try formatted(expected) == expected)
    }

    @Test(arguments: [
        ("do   login  C2   alice", "do login C2 alice"),
        ("do send bob  \"two  blanks\"   {x}  as=\"a  b\"", "do send bob \"two  blanks\" {x} as=\"a  b\""),
        ("do x word=  alice", "do x word= alice"),
        ("let   a=\"x  y\"", "let a = \"x  y\""),
        ("let a =lines(  bytes=10MiB,width=72,   seed=7)", "let a = lines(bytes=10MiB, width=72, seed=7)"),
        ("let a=   repeat(\"x,  y(\",count=3)", "let a = repeat(\"x,  y(\", count=3)"),
        ("let a=file(\"b  c\")", "let a = file(\"b  c\")"),
        ("advance    61.999s", "advance 61.999s"),
        ("measure  rss  <   32MiB", "measure rss < 32MiB"),
        ("repeat   2\n  C:  two  blanks\nend", "repeat 2\n  C:  two  blanks\nend"),
    ])
    func `one blank stands between words`(written: String, usual: String) throws {
        let header = "format:  1\ntitle:   a test\n\n"
        #expect(try formatted(header + written + "\n") == header + usual + "\n")
    }

    @Test(arguments: [
        "C:  x  \\x41\\s", "S?: a   b", "S: {x:/a  b/}", "#  a   comment", "[LIST-1 MUST] as  it   is", "\n\n# two\n\n",
        "advance 60s", "do login \"alice\"", "C: <connect from=127.0.0.1>",
    ])
    func `words, blank lines and spellings are the author's`(line: String) throws {
        let text = "format:  1\ntitle:   a test\n\n" + line + "\n"
        #expect(try formatted(text) == text)
    }

    @Test func `what is faulty has no usual form`() {
        #expect(throws: ParseErrors.self) { try formatted("format: 1\ntitle: a test\n\nadvance   soon\n") }
    }
}
