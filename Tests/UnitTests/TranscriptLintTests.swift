/// What `Lint` says about transcripts that parse, and that the suite's own have nothing to be said about.

import Foundation
import Testing

@testable import Transcript

struct TranscriptLintTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
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
        let login = "def login user password={user.password} [given READ-1]\n  C: {user}\n  C: {password}\nend\n"
        let own = "def list\n  C: LIST\n  S: {_:line}\nend\n"
        let dialect = try Transcript.parse(
            Array("format: 1\ntitle: d\n\n\(login)\(own)".utf8), path: "d", as: .dialect)
        let levels: [String: Level] = ["LIST-1": .must, "LIST-2": .should, "READ-1": .must]
        let lint = Lint(
            dialect: dialect, levels: levels, retired: ["LIST-8": ["LIST-1", "LIST-2"]], users: ["alice", "bob"])
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
        ("advance 5s\n", "6: this step needs \"clock\": add it to the header's needs"),
        ("binds 3\n", "6: this step needs \"binds\": add it to the header's needs"),
    ])
    func `what nothing stands for is named with its line`(body: String, finding: String) throws {
        #expect(try findings("[LIST-1 MUST] x\n" + body + "S: 0\n") == [finding])
    }

    @Test(arguments: [
        ("LIST-9 MUST", "there is no clause LIST-9"), ("given LIST-9", "there is no clause LIST-9"),
        ("LIST-2 MUST", "LIST-2 is SHOULD, not MUST"), ("LIST-8 MAY", "LIST-8 is retired: cite LIST-1 or LIST-2"),
        ("given LIST-8", "LIST-8 is retired: cite LIST-1 or LIST-2"),
    ])
    func `a tag that the catalogue contradicts is named`(tag: String, finding: String) throws {
        #expect(try findings("[\(tag)] x\nS: 0\n[LIST-1 MUST] x\nS: 0\n") == ["5: \(finding)"])
    }

    @Test(arguments: [
        "do login alice\n", "later 2s\ndo login alice\n", "C: <connect>\ndo login alice\nC: <close>\n",
        "S?: 0\ndo login alice\n", "repeat 2\n  do login alice\nend\n", "do find lunch as=n\n",
        "def own\n  S: 0\nend\ndo login alice\n", "[given READ-1] y\ndo login alice\nS: 0\n", "",
    ])
    func `a MUST of which every step is given is refused, also where raw steps are given`(body: String) throws {
        let before = "[setup]\ndo login alice\n[given READ-1] x\nS: 0\n"
        let text = before + "[LIST-1 MUST] x\n\(body)[LIST-2 SHOULD] x\ndo list\n"
        #expect(try findings(text) == ["9: every step up to here is given: show something of LIST-1's own"])
    }

    @Test(arguments: [
        ("", "S: 0\n"), ("", "C: LIST\ndo login alice\n"), ("", "do list\n"), ("", "wall -1h\ndo login alice\n"),
        ("", "parallel 2\n  do login alice\nend\n"), ("", "let long = \"x\"\ndo login alice password={long}\n"),
        ("C: LIS\\-\n", "do login alice\n"), ("C: <half-close>\n", "do login alice\n"),
    ])
    func `a MUST with a step of its own, or after one, may fail`(before: String, body: String) throws {
        let text = "[setup]\n\(before)[LIST-1 MUST] x\n\(body)"
        #expect(try findings(text, needs: body.contains("wall") ? "clock" : nil) == [])
    }

    @Test func `what is given of the clause's own is its own`() throws {
        #expect(try findings("[READ-1 MUST] x\ndo login alice\n") == [])
        #expect(try findings("[READ-1 MUST] x\ndo find lunch as=n\n") == [])
    }

    @Test func `a foundation holds the tag of its clause`() throws {
        func findings(_ clause: String, _ tag: String) throws -> [String] {
            let text = "format: 1\ntitle: t\nfoundation: \(clause)\n\n[\(tag)] x\nS: 0\n"
            let lint = Lint(dialect: nil, levels: ["LIST-1": .must, "LIST-2": .should], users: nil)
            let transcript = try Transcript.parse(Array(text.utf8), path: "t")
            return lint.findings(in: transcript).map { "\($0.line): \($0.message)" }
        }
        #expect(try findings("LIST-1", "LIST-1 MUST") == [])
        for id in ["LIST-1", "LIST-2"] {
            let finding = "3: this establishes \(id), but no [\(id) MUST] is in it"
            #expect(try findings(id, "LIST-2 SHOULD") == [finding])
        }
        #expect(try findings("LIST-9", "LIST-1 MUST") == ["3: there is no clause LIST-9"])
    }

    @Test func `a need that no step has is named`() throws {
        let finding = "1: no step needs \"restart\": take it out of the header"
        #expect(try findings("[LIST-1 MUST] x\nS: 0\n", needs: "restart") == [finding])
    }

    @Test func `a transcript that judges nothing is named`() throws {
        let finding = "1: no clause is judged: give an expectation a tag"
        #expect(try findings("S: 0\n") == [finding])
        #expect(try findings("[LIST-2 SHOULD] x\n[setup]\nS: 0\n") == [finding])
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
