/// Servers that are right but for one manner: the probe learns it or says that it does not, and nothing else fails by it.

import Dialects
import Engine
import Posix
import Results
import Testing
import Transcript

@Suite(.serialized) struct SpeechTests {
    /// A mode of Peers/speeches.py.
    struct Mode: Sendable, CustomTestStringConvertible {
        let name: String
        /// What the probe says of it.
        let found: [String]
        var testDescription: String { name }
        init(_ name: String, _ found: String...) { (self.name, self.found) = (name, found) }
    }

    private static let onePerWrite =
        "answers one command per write: of several in one the rest is lost or taken as text"
    private static let damaged = "READ does not show the text Odd first line⏎⏎Odd last line as it was sent"

    static let modes = [
        Mode("stream"),
        Mode("one-write", "understands a command in one write, no other cut", onePerWrite),
        Mode("verb-alone", "understands the verb's line alone, then the rest, also in cuts by line"),
        Mode("line-only", "understands one write per line, no other cut"),
        Mode("dot-ended", "understands each command ended by a line with a dot"),
        Mode("length", "understands a 4-byte length (most significant byte first) before each message"),
        Mode("length-le", "understands a 4-byte length (least significant byte first) before each message"),
        Mode("length-line", "understands a decimal length on a line before each message"),
        Mode("nul-ended", "understands a NUL after each message"),
        Mode(
            "own-words", "says Done.⏎ for OK", "says Error: who are you?⏎ for ERR", "says Error: not possible⏎ for ERR",
            "begins every refusal with Error:"),
        Mode("no-line-feeds", "says OK without a line feed", "says ERR without a line feed"),
        Mode("blocks", "replies are blocks of 64 bytes"),
        Mode("ids-from-4711", "LIST: mail as [4711] {subject}"),
        Mode("newest-first", "LIST: mail as 1: {subject}"),
        Mode("indexes-from-0", "the first mail has the number 0"),
        Mode("name-line", "wants a line with the mailbox's name after: LIST, READ, DEL"),
        Mode("first-line-only", damaged), Mode("last-byte-lost", damaged), Mode("empty-lines-dropped", damaged),
        Mode("empty-line-before-dot", "READ shows an empty line of its own before the dot"),
        Mode("two-lines-each", "LIST: mail as Subject: {subject}, 2 lines for each mail"),
        Mode("no-subjects", "LIST: lines without the subject", "LIST shows no subject: 2⏎1.eml⏎2.eml⏎"),
        Mode("always-first", "READ shows a mail whatever the number is"),
        Mode("late-greeting", "speaks first: Welcome, client!⏎"),
    ]

    @Test(arguments: modes)
    func `the probe learns how a server is spoken to and how it answers`(_ mode: Mode) throws {
        let dialect = try probed(mode.name).dialect
        #expect(dialect.summary.dropFirst().map { String($0.dropFirst(2)) } == mode.found)
    }

    /// Within limits of time and memory, and with what was seen.
    @Test(arguments: [
        ("mute", "right LOGIN (no byte)"), ("flood", "(65536 bytes)"), ("riddle", "is not "),
    ])
    func `of a server that is not understood every try is told`(_ mode: String, _ seen: String) throws {
        let began = Clock.system.now()
        let dialect = try probed(mode).dialect
        #expect(dialect.failedTries.count == Speech.allCases.count)
        #expect(dialect.failedTries.allSatisfy { $0.contains(seen) })
        #expect(Clock.system.now() - began < .seconds(30))
    }

    @Test func `what the probe kills is said, and the rest is asked all the same`() throws {
        let record = try probed("dies-at-send")
        #expect(record.dialect.remarks.count == 1)
        #expect(
            record.dialect.remarks[0].contains("own SEND ended it") && record.dialect.remarks[0].contains("SIGABRT"))
        #expect(record[.wrongLogin] == Array("ERR\n".utf8) && record.dialect.unknown.isEmpty)
    }

    // MARK: Playing in a speech

    /// What fails, is ADAPTED, and cannot be judged.
    struct Outcome: Sendable, CustomTestStringConvertible {
        let mode: String
        var broken: Set<String> = []
        var adapted: Set<String> = []
        var untested: Set<String> = []
        var testDescription: String { mode }
    }

    static let outcomes = [
        Outcome(mode: "stream"), Outcome(mode: "one-write", broken: ["FRAME-1"], untested: ["FRAME-5"]),
        Outcome(mode: "verb-alone", broken: ["FRAME-1"], untested: ["FRAME-5"]),
        // A cut of its own inside a command is none that such a server knows.
        Outcome(mode: "length", adapted: ["FRAME-1"], untested: ["FRAME-1", "FRAME-5"]),
        Outcome(mode: "own-words", broken: ["FRAME-3"]), Outcome(mode: "no-line-feeds", broken: ["FRAME-3"]),
        Outcome(mode: "ids-from-4711", adapted: ["FRAME-3"]), Outcome(mode: "indexes-from-0"),
        Outcome(mode: "name-line", adapted: ["LIST-1", "READ-1", "DEL-1"]),
    ]

    private static let paths = [
        "framing/however-it-is-cut", "framing/one-line-per-packet", "framing/exact-replies",
        "framing/end-inside-a-message", "foundations/05-list", "foundations/06-read", "foundations/07-delete",
        "send/round-trip", "read/twice", "quit/silent",
    ]

    @Test(arguments: outcomes)
    func `a run judges everything in the speech and the words that were found`(_ outcome: Outcome) throws {
        let results = try played(outcome.mode, SpeechTests.paths)
        func clauses(_ verdict: Verdict) -> Set<String> {
            Set(results.flatMap(\.outcomes).filter { $0.verdict == verdict }.map(\.clause.id))
        }
        #expect(Set(results.compactMap(\.failure).map { $0.clause?.id ?? "[setup]" }) == outcome.broken)
        #expect(clauses(.adapted) == outcome.adapted)
        #expect(clauses(.notTested).subtracting(outcome.broken) == outcome.untested)
    }

    @Test func `a READ that is not understood fails READ-1 and leaves the rest untested, with the sentence`() throws {
        let results = try played("unreadable", ["foundations/06-read", "send/round-trip", "list/subjects"])
        #expect(results.map { $0.failure?.clause?.id } == ["READ-1", nil, nil])
        #expect(results[0].failure?.received.contains("READ shows no message that the probe can find") ?? false)
        #expect(results[1].untested?.hasPrefix("fix READ-1 first: READ shows no message") ?? false)
        #expect(results[2].untested == nil)
    }

    @Test func `a server that answers no LOGIN is one finding`() throws {
        let results = try played("mute", ["foundations/01-login", "login/right-password", "quit/silent"])
        #expect(results.map { $0.failure?.clause?.id } == ["LOGIN-1", nil, nil])
        #expect(results[0].failure?.details.count == Speech.allCases.count)
        #expect(results.dropFirst().allSatisfy { $0.untested == "fix LOGIN-1 first: no LOGIN is understood" })
    }

    // MARK: The peer

    private func options(_ mode: String, _ checkout: String) -> PlayOptions {
        let peer = checkout + "/Tests/IntegrationTests/Peers/speeches.py"
        let command = "exec /usr/bin/python3 '\(peer)' \(mode) {port} {spool} {ldap-url}"
        return PlayOptions(server: .foreign(command: command), cancel: -1)
    }

    private func checkout() throws -> String { try #require(Suite.checkout(above: try programFolder() + "/")) }

    private func probed(_ mode: String) throws -> ProbeRecord {
        let checkout = try checkout()
        let options = options(mode, checkout)
        return try TestDirectories.shared.get().lending(checkout) { try Probe(options).run(with: $0) }
    }

    private func played(_ mode: String, _ paths: [String]) throws -> [TranscriptResult] {
        let checkout = try checkout()
        let folder = checkout + "/conformance"
        let suite = try Suite(folder: folder, paths: paths.map { "\(folder)/\($0).transcript" })
        var options = options(mode, checkout)
        return try TestDirectories.shared.get().lending(checkout) { lease in
            options.tolerance = try Probe(options).run(with: lease).dialect
            return try suite.transcripts.enumerated().map { number, transcript in
                try Playing(transcript, .flight, number: 31_000 + number, dialect: [suite.dialect], options: options)
                    .play(with: lease)
            }
        }
    }
}
