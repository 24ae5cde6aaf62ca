/// JSON Lines: what is written can be read again, and says what conformance/report.schema.json promises.

import Bytes
import Posix
import Reports
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct JSONReportTests {
    @Test func `the digest is that of FIPS 180-4`() {
        func hex(_ text: String) -> String { SHA256.hex(Array(text.utf8)) }
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(hex(long) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = SHA256.hex([UInt8](repeating: 0x61, count: 1_000_000))
        #expect(million == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `what was written is read again as it was`() throws {
        var run = ReportSamples.mixed
        run.results[0].expectation = Expectation(.passed, reason: "once it \"failed\"\u{1}")
        run.results[1].expectation = Expectation(.failed, reason: "known")
        run.results[2].expectation = Expectation(.failedOtherwise, reason: "known 𝄞")
        #expect(try JSONReport.read(Array(JSONReport().render(run).utf8)) == run)
    }

    @Test func `every line says what the schema demands`() throws {
        let lines = JSONReport.lines(ReportSamples.mixed)
        let started = try JSON.read(Array(lines[0].utf8))
        #expect(started["format"]?.integer == 1 && started["version"]?.string == "0.1.0")
        #expect(started["seed"]?.string == "7" && started["partition"]?.string == "2/4")
        let passed = try JSON.read(Array(lines[1].utf8))
        #expect(passed["verdict"]?.string == "PASS" && passed["sha256"]?.string?.utf8.count == 64)
        #expect(passed["reason"] == .null)
        let failed = try JSON.read(Array(lines[2].utf8))
        let failure = try #require(failed["failure"])
        #expect(failed["path"]?.string == "ban/fails.transcript" && failure["line"]?.integer == 24)
        #expect(failure["clause"]?.string == "BAN-1" && failure["level"]?.string == "MUST")
        #expect(failure["expected"]?.items?.count == 2 && failure["received"]?.string == "OK⏎")
        #expect(failure["exchange"]?.items?[2]["text"]?.string == #"OK\0\x1b… (700 bytes)"#)
        #expect(failure["exchange"]?.items?[2]["hex"]?.string == "4f4b001bff")
        let verdicts = try lines.dropFirst().dropLast().map {
            try JSON.read(Array($0.utf8))["verdict"]?.string
        }
        #expect(verdicts == ["PASS", "FAIL", "FAIL", "NOT TESTED", "CRASH", "BLOCKED"])
    }

    @Test func `a line holds no line feed and no control byte`() {
        for line in JSONReport.lines(ReportSamples.mixed) {
            #expect(line.utf8.allSatisfy { $0 >= 0x20 })
        }
    }

    @Test(arguments: [
        (#"{"event":"ended","interrupted":false,"milliseconds":1}"#, "line 1: it does not begin a run"),
        (#"{"event":"started","format":2}"#, "line 1: format 2, but this program reads 1"),
        (#"{"event":"started","format":1"#, "line 1: it is no JSON object"),
        (#"{"event":"started","format":1}"#, "line 1: 'version' is missing or wrong"),
        (#"{"event":"launched"}"#, "line 1: 'event' is missing or wrong"),
        (#"{"event":1.5}"#, "line 1: 'event' is missing or wrong"),
        (#"{"event":"\ud800"}"#, "line 1: it is no JSON object"),
        (String(repeating: "[", count: 9999), "line 1: it is no JSON object"),
        (#"["ended"]"#, "line 1: it is no JSON object"),
        ("", "line 1: it does not begin a run"),
    ])
    func `a file that is none is refused with its place`(_ text: String, _ message: String) {
        let fault = #expect(throws: JSONReport.Fault.self) { try JSONReport.read(Array(text.utf8)) }
        #expect(fault?.description == message)
    }

    /// As the first version with this format wrote it: other order, no `words`, no `target`.
    private static let older = #"""
        {"event":"started","format":1,"version":"0.1.0","server":"s","foreign":true,"transcripts":1,"segmentations":["random:7"],"seed":"7","partition":"1/2","whole":true,"folder":"conformance"}
        {"event":"transcript","path":"ban/a.transcript","title":"T","sha256":null,"segmentation":"random:7","verdict":"FAIL","reason":null,"milliseconds":20,"clauses":[{"id":"BAN-1","level":"MUST","line":4,"verdict":"FAIL","checks":1}],"failure":{"line":24,"inside":[],"clause":"BAN-1","level":"MUST","verdict":"FAIL","signature":"00000000","expected":["ERR⏎"],"received":"\u001b\/","microseconds":400,"details":[],"clock":"12:00:59","server":"alive","log":[],"exchange":[{"line":21,"who":"C1","kind":"sent","text":"L⏎","hex":"4c0a","count":2}]}}
        {"event":"ended","interrupted":false,"milliseconds":1500}
        """#

    @Test func `a result of an older version is read`() throws {
        var start = RunStart(server: "s", foreign: true, transcripts: 1, segmentations: [.random(seed: 7)])
        (start.version, start.partition) = ("0.1.0", Partition("1/2"))
        var failure = Failure(
            place: Place(line: 24), clause: ReportSamples.ban, verdict: .fail, expected: ["ERR⏎"],
            received: "\u{1b}/")
        (failure.after, failure.clock, failure.server) = (.microseconds(400), "12:00:59", "alive")
        failure.exchange = [ExchangeLine(line: 21, who: "C1", kind: .sent, bytes: Array("L\n".utf8), count: 2)]
        var result = ReportSamples.result("ban/a.transcript", .random(seed: 7), .fail, failure: failure)
        (result.title, result.digest) = ("T", nil)
        let run = RunRecord(start: start, results: [result], duration: .milliseconds(1500))
        #expect(try JSONReport.read(Array(JSONReportTests.older.utf8)) == run)
    }

    @Test(arguments: [
        ("\"clause\":\"BAN-1\",\"level\":\"MUST\"", "\"clause\":\"BAN-1\",\"level\":null", "level"),
        ("\"hex\":\"4c0a\"", "\"hex\":\"4c0\"", "hex"),
        ("\"segmentation\":\"random:7\"", "\"segmentation\":\"r\"", "segmentation"),
        ("\"inside\":[]", "\"inside\":[7]", "inside"), ("\"kind\":\"sent\"", "\"kind\":\"heard\"", "kind"),
    ])
    func `what is wrong in a line is named`(_ right: String, _ wrong: String, _ name: String) {
        let text = JSONReportTests.older.replacing(right, with: wrong)
        let fault = #expect(throws: JSONReport.Fault.self) { try JSONReport.read(Array(text.utf8)) }
        #expect(text != JSONReportTests.older && fault?.description == "line 2: '\(name)' is missing or wrong")
    }

    @Test func `a run without an end was interrupted`() throws {
        let text = JSONReport.lines(ReportSamples.mixed).dropLast().joined(separator: "\n")
        #expect(try JSONReport.read(Array(text.utf8)).interrupted)
    }

    @Test func `a signature forgets figures and nothing else`() {
        func signature(_ received: String, _ verdict: Verdict = .fail) -> String? {
            ReportSamples.failed("a", .flight, verdict, received: received).failure?.signature
        }
        #expect(signature("port 40112⏎") == signature("port 7⏎") && signature("OK⏎") != signature("ERR⏎"))
        let other = ReportSamples.failed("a", clause: ReportSamples.minute, received: "OK⏎").failure?.signature
        let twelfth = ReportSamples.failed("a", clause: ClauseID("BAN-16", .should), received: "OK⏎").failure?.signature
        #expect(signature("ERR⏎ and 12 bytes more") == signature("ERR⏎"))
        #expect(other != signature("OK⏎") && other != twelfth)
        #expect(signature("OK⏎") != signature("OK⏎", .crash) && signature("OK⏎")?.utf8.count == 8)
    }
}
