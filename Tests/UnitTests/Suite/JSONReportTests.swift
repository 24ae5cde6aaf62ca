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
        run.results[0].expectation = .passed(reason: "once it \"failed\"\u{1}")
        run.results[1].expectation = .failed(reason: "known")
        run.results[2].expectation = .failedOtherwise(reason: "known 𝄞")
        let text = JSONReport.lines(run.events).map { $0 + "\n" }.joined()
        #expect(try JSONReport.events(Array(text.utf8)) == run.events)
    }

    @Test func `every line says what the schema demands`() throws {
        let lines = JSONReport.lines(ReportSamples.mixed.events)
        let started = try JSONReader.read(Array(lines[0].utf8)[...])
        #expect(started["format"]?.integer == 1 && started["version"]?.string == "0.1.0")
        #expect(started["seed"]?.string == "7" && started["partition"]?.string == "2/4")
        let passed = try JSONReader.read(Array(lines[1].utf8)[...])
        #expect(passed["verdict"]?.string == "PASS" && passed["sha256"]?.string?.utf8.count == 64)
        guard case .null? = passed["reason"] else {
            Issue.record("the reason is not null")
            return
        }
        let failed = try JSONReader.read(Array(lines[2].utf8)[...])
        let failure = try #require(failed["failure"])
        #expect(failed["path"]?.string == "ban/fails.transcript" && failure["line"]?.integer == 24)
        #expect(failure["clause"]?.string == "BAN-1" && failure["level"]?.string == "MUST")
        #expect(failure["expected"]?.items?.count == 2 && failure["received"]?.string == "OK⏎")
        #expect(failure["exchange"]?.items?[2]["text"]?.string == #"OK\0\x1b… (700 bytes)"#)
        #expect(failure["exchange"]?.items?[2]["hex"]?.string == "4f4b001bff")
        let verdicts = try lines.dropFirst().dropLast().map {
            try JSONReader.read(Array($0.utf8)[...])["verdict"]?.string
        }
        #expect(verdicts == ["PASS", "FAIL", "FAIL", "NOT TESTED", "CRASH", "BLOCKED"])
    }

    @Test func `a line holds no line feed and no control byte`() {
        for line in JSONReport.lines(ReportSamples.mixed.events) {
            #expect(line.utf8.allSatisfy { $0 >= 0x20 })
        }
    }

    @Test(arguments: [
        (#"{"event":"ended","interrupted":false,"milliseconds":1}"#, "line 1: it does not begin a run"),
        (#"{"event":"started","format":2}"#, "line 1: format 2, but this program reads 1"),
        (#"{"event":"started","format":1"#, "line 1: column 30: an object lacks its end"),
        (#"{"event":"started","format":1}"#, "line 1: 'segmentations' is missing or wrong"),
        (#"{"event":"launched"}"#, "line 1: 'event' is missing or wrong"),
        (#"{"event":1.5}"#, "line 1: column 10: no value stands here"),
        (#"{"event":"\ud800"}"#, "line 1: column 18: half a pair"),
        (String(repeating: "[", count: 99), "line 1: column 33: it is nested too deeply"),
    ])
    func `a file that is none is refused with its place`(_ text: String, _ message: String) {
        let fault = #expect(throws: JSONReport.Fault.self) { try JSONReport.events(Array(text.utf8)) }
        #expect(fault?.description == message)
    }

    @Test func `a run without an end was interrupted`() throws {
        let text = JSONReport.lines(ReportSamples.mixed.events).dropLast().joined(separator: "\n")
        #expect(RunRecord(try JSONReport.events(Array(text.utf8))).interrupted)
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
