/// What `Lint` says about transcripts that parse, and that the suite's own have nothing to be said about.

import Foundation
import Posix
import Testing
import Transcript

@testable import Transcript

struct TranscriptLintTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let conformance = root.appending(path: "conformance")

    private static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: path)))
    }

    private static func suiteLint() throws -> Lint {
        let dialect = try Transcript.parse(
            try bytes("conformance/dialects/strict.dialect"), path: "strict.dialect", as: .dialect)
        var levels: [String: Level] = [:]
        for line in String(decoding: try bytes("conformance/clauses.txt"), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, let level = Level(rawValue: String(words[1])) { levels[String(words[0])] = level }
        }
        #expect(levels.count >= 77)
        let users = String(decoding: try bytes("Fixtures/ldif/users.ldif"), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("uid: ") }.map { String($0.dropFirst(5)) }
        return Lint(dialect: dialect, levels: levels, users: Set(users))
    }

    private static let suite = (FileManager.default.enumerator(atPath: conformance.path)?.allObjects as? [String] ?? [])
        .filter { $0.hasSuffix(".transcript") }.sorted()

    @Test(arguments: suite)
    func `the suite's transcripts name only what there is`(path: String) throws {
        let transcript = try Transcript.parse(try Self.bytes("conformance/\(path)"), path: path)
        #expect(try Self.suiteLint().findings(in: transcript).map(\.description) == [])
    }

    @Test func `the suite is found, and its dialect names only what there is`() throws {
        #expect(Self.suite.count >= 60)
        let dialect = try Transcript.parse(
            try Self.bytes("conformance/dialects/strict.dialect"), path: "strict.dialect", as: .dialect)
        #expect(try Self.suiteLint().findings(in: dialect).map(\.description) == [])
    }

    /// A body below a header of three lines and a blank one, the dialect's `login` known.
    private func findings(_ body: String, needs: String? = nil) throws -> [String] {
        let header = "format: 1\ntitle: a test\nusers: alice\n" + (needs.map { "needs: \($0)\n" } ?? "") + "\n"
        let transcript = try Transcript.parse(Array((header + body).utf8), path: "t")
        let login = "def login user password={user.password}\n  C: {user}\n  C: {password}\nend\n"
        let dialect = try Transcript.parse(Array("format: 1\ntitle: d\n\n\(login)".utf8), path: "d", as: .dialect)
        let lint = Lint(dialect: dialect, levels: ["LIST-1": .must, "LIST-2": .should], users: ["alice", "bob"])
        return lint.findings(in: transcript).map { "\($0.line): \($0.message)" }
    }

    @Test(arguments: [
        ("do logout\n", "6: there is no macro \"logout\""),
        ("do login\n", "6: \"login user\" takes 1 arguments, not 0"),
        ("do login alice from=x\n", "6: \"login\" has no option \"from=\""),
        ("do login {who}\n", "6: {who}: nothing of that name is known here"),
        ("C: {n}\n", "6: {n}: nothing of that name is known here"),
        ("C: {i}\n", "6: {i}: nothing of that name is known here"),
        ("C: {n}\nS: {n:int}\n", "6: {n}: nothing of that name is known here"),
        ("C: {bob.password}\n", "6: {bob.password}: \"bob\" is not among the header's users"),
        ("parallel 2\n  S: {n:int}\nend\nC: {n}\n", "9: {n}: nothing of that name is known here"),
        ("either\n  S: {n:int}\nor\n  S: ERR\nend\nC: {n}\n", "11: {n}: nothing of that name is known here"),
        ("either\n  C: a\nor\n  S: b\nend\n", "7: an alternative begins with an S line: by it the choice is made"),
        ("unordered\n  C: a\nend\n", "7: an unordered holds S lines only"),
        ("do find lunch\n", "6: say under which name the number is kept: find … as=n"),
        ("[LIST-9 MUST] x\n", "6: there is no clause LIST-9"),
        ("[LIST-2 MUST] x\n", "6: LIST-2 is SHOULD, not MUST"),
        ("advance 5s\n", "6: this step needs \"clock\": add it to the header's needs"),
        ("binds 3\n", "6: this step needs \"binds\": add it to the header's needs"),
    ])
    func `what nothing stands for is named with its line`(body: String, finding: String) throws {
        #expect(try findings("[LIST-1 MUST] x\n" + body + "S: 0\n") == [finding])
    }

    @Test func `a need that no step has is named`() throws {
        let finding = "1: no step needs \"restart\": take it out of the header"
        #expect(try findings("[LIST-1 MUST] x\nS: 0\n", needs: "restart") == [finding])
    }

    @Test func `a transcript that judges nothing is named`() throws {
        let finding = "1: no clause is judged: give an expectation a tag"
        #expect(try findings("S: 0\n") == [finding])
        #expect(try findings("[LIST-1 MUST] x\n[setup]\nS: 0\n") == [finding])
    }

    @Test func `captures, lets, rounds and parameters are known from where they begin`() throws {
        let body = """
            [LIST-1 MUST] x
            let long = repeat("x", count=3)
            let longer = "{long}{long}"
            S: {n:int} {_:line}
            do find lunch as=k
            do login {k} password={alice.password}
            repeat {n}
              C: {i} {longer}
            end
            def mine who extra={who.password}
              C: {who} {extra} {who.password} {own}
            end
            do mine alice

            """
        #expect(try findings(body) == [])
    }
}
