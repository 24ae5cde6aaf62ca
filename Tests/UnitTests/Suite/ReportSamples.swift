/// Runs that the tests of reports share.

import Bytes
import Posix
import Results
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

enum ReportSamples {
    static let catalogue = try! Catalogue(parsing: ConformanceCatalogueTests.text)
    static let ban = ClauseID("BAN-1", .must)
    static let minute = ClauseID("BAN-11", .should)

    static func result(
        _ path: String, _ segmentation: Segmentation = .flight, _ verdict: Verdict = .pass,
        clause: ClauseID = ban, failure: Failure? = nil
    ) -> TranscriptResult {
        var result = TranscriptResult(
            path: path, title: "Three & out", segmentation: segmentation,
            outcomes: [ClauseOutcome(clause: clause, line: 4, verdict: verdict, checks: 1)], failure: failure,
            duration: .milliseconds(20))
        result.digest = SHA256.hex(Array(path.utf8))
        return result
    }

    static func failed(
        _ path: String, _ segmentation: Segmentation = .flight, _ verdict: Verdict = .fail,
        clause: ClauseID? = ban, received: String = "OK⏎"
    ) -> TranscriptResult {
        var failure = Failure(
            place: Place(line: 24, inside: ["strict.dialect:18, in do refused"]), clause: clause, verdict: verdict,
            expected: ["ERR⏎", "<closed>"], received: received)
        failure.exchange = [
            ExchangeLine(line: 21, who: "C1", kind: .sent, bytes: Array("LOGIN\n<alice>\n".utf8), count: 14),
            ExchangeLine(line: 23, who: "", kind: .world, bytes: Array("advance 59s".utf8), count: 11),
            ExchangeLine(line: 24, who: "S1", kind: .received, bytes: [0x4f, 0x4b, 0, 0x1b, 0xff], count: 700),
        ]
        (failure.clock, failure.server, failure.after) = ("12:00:59", "alive", .microseconds(400))
        (failure.log, failure.details) = (["login ok \u{1b}[2J alice ]]>"], ["one more"])
        let outcome = clause == nil ? Verdict.notTested : verdict
        return result(path, segmentation, outcome, clause: clause ?? ban, failure: failure)
    }

    static func skipped(_ path: String) -> TranscriptResult {
        var result = result(path, .flight, .notTested, clause: minute)
        (result.skipped, result.outcomes[0].reason) = ("needs a clock", "needs a clock")
        return result
    }

    static func run(_ results: [TranscriptResult], server: String = "./theirs {port}") -> RunRecord {
        var start = RunStart(
            server: server, foreign: true, transcripts: results.count, segmentations: [.flight, .random(seed: 7)])
        (start.version, start.partition) = ("0.1.0", Partition("2/4"))
        return RunRecord(start: start, results: results, duration: .milliseconds(1500))
    }

    /// One of each kind.
    static let mixed = run([
        result("ban/passes.transcript"), failed("ban/fails.transcript"),
        failed("ban/fails.transcript", .random(seed: 7)), skipped("ban/clock.transcript"),
        failed("login/dies.transcript", .flight, .crash, received: "<closed>"),
        failed("login/blocked.transcript", clause: nil),
    ])
}
