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

    private static let dialect = """
        format: 1
        title: d

        def login user password={user.password} [given READ-1]
          C: {user}
          C: {password}
        end
        def twice user
          do login {user}
          do login {user}
        end
        def accept user
          C: {user}
          do login {user} password=x
        end
        def crash
          server kill
        end
        def list
          C: LIST
          S: {_:line}
        end

        """

    /// A body below a header of three lines and a blank one, the dialect's macros known.
    private func findings(_ body: String, needs: String? = nil) throws -> [String] {
        let header = "format: 1\ntitle: a test\nusers: alice\n" + (needs.map { "needs: \($0)\n" } ?? "") + "\n"
        let transcript = try Transcript.parse(Array((header + body).utf8), path: "t")
        let dialect = try Transcript.parse(Array(Self.dialect.utf8), path: "d", as: .dialect)
        let levels: [String: Level] = ["LIST-1": .must, "LIST-2": .should, "READ-1": .must]
        let lint = Lint(
            dialect: dialect, levels: levels, retired: ["LIST-8": ["LIST-1", "LIST-2"]], users: ["alice", "bob"])
        return lint.findings(in: transcript).map { "\($0.line):\($0.column): \($0.message)" }
    }

    @Test(arguments: [
        ("do logout\n", "6:4: there is no macro \"logout\""),
        ("do  logout\n", "6:5: there is no macro \"logout\""),
        ("repeat 2\n  do logout\nend\n", "7:6: there is no macro \"logout\""),
        ("do login\n", "6:4: \"login user\" takes 1 argument, not 0"),
        ("do login alice bob \"c d\"\n", "6:16: \"login user\" takes 1 argument, not 3"),
        ("do login alice \"\"\n", "6:16: \"login user\" takes 1 argument, not 2"),
        ("do login C2 alice from=x\n", "6:19: \"login\" has no option \"from=\""),
        ("do find as=n to=x lunch\n", "6:14: \"find\" has no option \"to=\""),
        ("do login {who}\n", "6:10: {who}: nothing of that name is known here"),
        ("do login alice password=\"x{who}\"\n", "6:27: {who}: nothing of that name is known here"),
        ("do login bob\n", "6:10: \"login\" uses the password of \"bob\", who is not among the header's users"),
        ("do twice bob\n", "6:10: \"twice\" uses the password of \"bob\", who is not among the header's users"),
        ("C: {n}\n", "6:4: {n}: nothing of that name is known here"),
        ("C: \\{n} \\\\{n}\n", "6:11: {n}: nothing of that name is known here"),
        ("C: {i}\n", "6:4: {i}: nothing of that name is known here"),
        ("C: é{alice.password}{n}\n", "6:22: {n}: nothing of that name is known here"),
        ("C: <connect from={n}>\n", "6:18: {n}: nothing of that name is known here"),
        ("let x = repeat(\"a{n}\", count=2)\n", "6:18: {n}: nothing of that name is known here"),
        ("repeat {n}\n  C: x\nend\n", "6:8: {n}: nothing of that name is known here"),
        ("C: {n}\nS: {n:int}\n", "6:4: {n}: nothing of that name is known here"),
        ("C: {bob.password}\n", "6:4: {bob.password}: \"bob\" is not among the header's users"),
        ("def mine who\n  C: {who}{whom}\nend\n", "7:11: {whom}: nothing of that name is known here"),
        ("def mine who=x{whom}\n  C: {who}\nend\n", "6:15: {whom}: nothing of that name is known here"),
        ("def mine\n  do logout\nend\n", "7:6: there is no macro \"logout\""),
        ("def mine\n  [LIST-1 MUST] x\nend\n", "7:3: a tag in a macro would hide which clause a transcript judges"),
        ("parallel 2\n  S: {n:int}\nend\nC: {n}\n", "9:4: {n}: nothing of that name is known here"),
        ("either\n  S: {n:int}\nor\n  S: ERR\nend\nC: {n}\n", "11:4: {n}: nothing of that name is known here"),
        ("either\n  C: a\nor\n  S: b\nend\n", "7:3: an alternative begins with an S line: by it the choice is made"),
        ("unordered\n  C: a\nend\n", "7:3: an unordered holds S lines only"),
        ("do find lunch\n", "6:4: say under which name the number is kept: find … as=n"),
        ("S: a {x:/(/}\n", "6:6: /(/ is no regular expression"),
        ("repeat 2\n  advance 5s\nend\n", "7:3: this step needs \"clock\": add it to the header's needs"),
        ("wall +5s\n", "6:1: this step needs \"clock\": add it to the header's needs"),
        ("boot\n", "6:1: this step needs \"clock\": add it to the header's needs"),
        ("clock frozen\n", "6:1: this step needs \"clock\": add it to the header's needs"),
        ("server restart\n", "6:1: this step needs \"restart\": add it to the header's needs"),
        ("directory stop\n", "6:1: this step needs \"directory\": add it to the header's needs"),
        ("session 1 kill\n", "6:1: this step needs \"process\": add it to the header's needs"),
        ("zombies 0\n", "6:1: this step needs \"process\": add it to the header's needs"),
        ("measure rss < 1MiB\n", "6:1: this step needs \"process\": add it to the header's needs"),
        ("outside unchanged\n", "6:1: this step needs \"disk\": add it to the header's needs"),
        ("binds 3\n", "6:1: this step needs \"binds\": add it to the header's needs"),
        ("do crash\n", "6:1: this step needs \"restart\": add it to the header's needs"),
    ])
    func `what nothing stands for is named with its place`(body: String, finding: String) throws {
        #expect(try findings("[LIST-1 MUST] x\n" + body + "S: 0\n") == [finding])
    }

    @Test(arguments: [
        ("LIST-9 MUST", "2: there is no clause LIST-9"), ("given LIST-9", "8: there is no clause LIST-9"),
        ("LIST-2 MUST", "9: LIST-2 is SHOULD, not MUST"), ("LIST-8 MAY", "2: LIST-8 is retired: cite LIST-1 or LIST-2"),
        ("given LIST-8", "8: LIST-8 is retired: cite LIST-1 or LIST-2"),
    ])
    func `a tag that the catalogue contradicts is named`(tag: String, finding: String) throws {
        #expect(try findings("[\(tag)] x\nS: 0\n[LIST-1 MUST] x\nS: 0\n") == ["5:\(finding)"])
    }

    @Test(arguments: [
        "do login alice\n", "later 2s\ndo login alice\n", "C: <connect>\ndo login alice\nC: <close>\n",
        "S?: 0\ndo login alice\n", "repeat 2\n  do login alice\nend\n", "do find lunch as=n\n",
        "def own\n  S: 0\nend\ndo login alice\n", "[given READ-1] y\ndo login alice\nS: 0\n", "",
    ])
    func `a MUST of which every step is given is refused, also where raw steps are given`(body: String) throws {
        let text =
            "[setup]\ndo login alice\n[given READ-1] x\nS: 0\n[LIST-1 MUST] x\n\(body)[LIST-2 SHOULD] x\ndo list\n"
        #expect(try findings(text) == ["9:1: every step up to here is given: show something of LIST-1's own"])
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
            return lint.findings(in: try Transcript.parse(Array(text.utf8), path: "t")).map {
                "\($0.line):\($0.column): \($0.message)"
            }
        }
        #expect(try findings("LIST-1", "LIST-1 MUST") == [])
        #expect(
            try findings("LIST-1", "LIST-2 SHOULD") == ["3:13: this establishes LIST-1, but no [LIST-1 MUST] is in it"])
        #expect(
            try findings("LIST-2", "LIST-2 SHOULD") == ["3:13: this establishes LIST-2, but no [LIST-2 MUST] is in it"])
        #expect(try findings("LIST-9", "LIST-1 MUST") == ["3:13: there is no clause LIST-9"])
    }

    @Test func `a need that no step has is named`() throws {
        let finding = "4:17: no step needs \"restart\": take it out of the header"
        #expect(try findings("[LIST-1 MUST] x\nadvance 1s\nS: 0\n", needs: " clock,  restart") == [finding])
        #expect(try findings("[LIST-1 MUST] x\ndo crash\nS: 0\n", needs: "restart") == [])
    }

    @Test func `a user that the directory does not have is named`() throws {
        let text = "format: 1\ntitle: a test\nusers:  alice,nobody, bob\n\n[LIST-1 MUST] x\nS: 0\n"
        let transcript = try Transcript.parse(Array(text.utf8), path: "t")
        let findings = Lint(dialect: nil, levels: nil, users: ["alice", "bob"]).findings(in: transcript)
        let shown = """
            t:3:15: error: the directory has no user "nobody"
              users:  alice,nobody, bob
                            ^
            """
        #expect(findings.map(\.description) == [shown])
    }

    @Test func `a transcript that judges nothing is named`() throws {
        let finding = "1:1: no clause is judged: give an expectation a tag"
        #expect(try findings("S: 0\n") == [finding])
        #expect(try findings("[LIST-2 SHOULD] x\n[setup]\nS: 0\n") == [finding])
    }

    @Test func `a macro may use what is known when it is called, and users whose password it does not ask for`() throws
    {
        let body = """
            [LIST-1 MUST] x
            def mine
              C: {n} {i}
            end
            S: {n:int}
            repeat 2
              do mine
            end
            do login bob password=wrong
            do twice alice
            do accept bob

            """
        #expect(try findings(body) == [])
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
