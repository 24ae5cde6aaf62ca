/// Verdicts, counts and reports: made from records of runs alone, so that they can be shown here.

import Posix
import Reports
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformanceReportTests {
    private let catalogue = try! Catalogue(parsing: ConformanceCatalogueTests.text)
    private let ban = ClauseID("BAN-1", .must)

    private func result(
        _ path: String, _ segmentation: Segmentation, _ verdict: Verdict = .pass, failure: Failure? = nil
    ) -> TranscriptResult {
        TranscriptResult(
            path: path, title: "t", segmentation: segmentation,
            outcomes: [ClauseOutcome(clause: ban, line: 4, verdict: verdict, checks: 1)], failure: failure,
            duration: .milliseconds(20))
    }

    private func failure(line: Int = 24, clause: ClauseID?, verdict: Verdict = .fail) -> Failure {
        var failure = Failure(
            place: Place(line: line, inside: ["strict.dialect:18, in do refused"]), clause: clause, verdict: verdict,
            expected: ["ERR⏎", "<closed>"], received: "OK⏎")
        failure.exchange = [
            ExchangeLine(line: 21, who: "C1", kind: .sent, bytes: Array("LOGIN\nalice\n".utf8), count: 12)
        ]
        (failure.clock, failure.server, failure.after) = ("12:00:59", "alive, 2 processes", .microseconds(400))
        failure.log = ["login ok alice"]
        return failure
    }

    private func run(_ results: [TranscriptResult]) -> RunRecord {
        let start = RunStart(
            server: "the reference server", foreign: false, transcripts: 1, segmentations: [.flight, .line])
        return RunRecord(start: start, results: results, duration: .milliseconds(1500))
    }

    @Test func `a failure is shown with clause, sentence, exchange and how to play it again`() {
        let failed = result("ban/a.transcript", .flight, .fail, failure: failure(clause: ban))
        let text = ConsoleReport(catalogue: catalogue).render(run([failed, result("ban/a.transcript", .line)]))
        #expect(
            text == """
                FAIL  ban/a.transcript:24   [BAN-1 MUST]   segment=flight   0.02 s
                      After three failures the next is refused.
                      The sheet: "Only 3 login attempts are allowed."
                    21  C1  LOGIN⏎alice⏎
                         at  strict.dialect:18, in do refused
                    24   expected  ERR⏎
                               or  <closed>
                         received  OK⏎   ✗ after 0.4 ms
                   Fails alike: –.  Passes: line.
                   Server: alive, 2 processes; its clock: 12:00:59
                      | login ok alice
                   Again:  scripts/conformance --segment flight ban/a.transcript

                FAIL  ban/a.transcript:24  [BAN-1 MUST]  flight: expected ERR⏎ or <closed>, received OK⏎
                FAILED       MUST  BAN-1
                NOT REACHED  SHOULD  BAN-11
                the reference server · flight, line · 1.50 s
                2 played: 1 passed, 1 failed · clauses MUST 0/1 SHOULD 0/1

                """)
    }

    @Test(arguments: [
        (Verdict.fail, "It does not pass: 1 MUST clause failed; what crashed counts too."),
        (.pass, "It passes: of what was tested no MUST failed."),
    ])
    func `of somebody else's server the last line says in words what became of it`(_ verdict: Verdict, _ last: String) {
        let played = result("a", .flight, verdict, failure: verdict == .fail ? failure(clause: ban) : nil)
        var record = run([played])
        record.start.foreign = true
        let lines = ConsoleReport(catalogue: catalogue).render(record).split(separator: "\n")
        #expect(lines.last.map(String.init) == last)
    }

    @Test func `what others build upon comes first, and is named where they fail`() throws {
        let catalogue = try Catalogue(
            parsing: """
                BAN-1 MUST sheet
                rule: r
                sheet: s
                observed: w

                BAN-6 MUST sheet
                rule: r
                sheet: s
                observed: w
                first: BAN-1
                """)
        let results = [
            result("a", .flight, .fail, failure: failure(clause: ClauseID("BAN-6", .must))),
            result("b", .flight, .fail, failure: failure(clause: ban)),
        ]
        func said(_ results: [TranscriptResult]) -> [Substring] {
            ConsoleReport(catalogue: catalogue).render(run(results)).split(separator: "\n").filter {
                $0.contains("[BAN-") && $0.contains("segment=") || $0.contains("mend first")
            }
        }
        let both = said(results)
        #expect(both.count == 3 && both[0].contains("[BAN-1 MUST]") && both[1].contains("[BAN-6 MUST]"), "\(both)")
        #expect(both[2] == "      Failed too, mend first: BAN-1", "\(both)")
        #expect(said([results[0]]).count == 1)
    }

    @Test func `what passes only in one write is called so`() {
        let failed = result("a", .line, .fail, failure: failure(clause: ban))
        let text = ConsoleReport(catalogue: catalogue).render(run([result("a", .flight), failed]))
        #expect(text.contains("It passes only when one write carries whole commands."))
    }

    @Test func `many blocked by one cause are one failure and a number`() {
        let paths = ["a", "b", "c"]
        let results = paths.map { result($0, .flight, .notTested, failure: failure(clause: nil)) }
        let report = ConsoleReport(catalogue: catalogue)
        let text = report.render(run(results))
        #expect(text.contains("2 further transcripts not tested because of the same"))
        #expect(text.components("Again:") == 1 && text.contains("3 played: 0 passed, 3 blocked"))
    }

    @Test func `escape sequences of the server never reach the terminal`() {
        var failed = failure(clause: ban)
        failed.log = ["\u{1b}[2J"]
        let text = ConsoleReport(catalogue: catalogue).render(run([result("a", .flight, .fail, failure: failed)]))
        #expect(!text.unicodeScalars.contains("\u{1b}"))
    }

    @Test func `a clause has passed when it was tested and never failed`() {
        func standing(_ verdicts: [Verdict]) -> Tally.Standing? {
            var played = result("a", .flight)
            played.outcomes = verdicts.map {
                ClauseOutcome(clause: ban, line: 1, verdict: $0, checks: 1, reason: "r")
            }
            return Tally([played], catalogue: catalogue, foreign: false).clauses.first
        }
        #expect(standing([.pass, .notTested])?.verdict == .pass && standing([.pass, .fail])?.verdict == .fail)
        #expect(standing([.crash])?.verdict == .fail && standing([.notTested])?.verdict == .notTested)
        #expect(standing([.notTested])?.reason == "r" && standing([])?.clause.id == "BAN-1")
        #expect(standing([])?.verdict == nil)
    }

    @Test func `a run is good unless something failed, crashed or was blocked`() {
        func isGood(_ result: TranscriptResult, foreign: Bool) -> Bool {
            var record = run([result])
            record.start.foreign = foreign
            return record.isGood
        }
        let should = ClauseID("BAN-11", .should)
        let may = ClauseID("BAN-15", .may)
        #expect(isGood(result("a", .flight), foreign: false))
        #expect(!isGood(result("a", .flight, failure: failure(clause: ban)), foreign: true))
        #expect(isGood(result("a", .flight, failure: failure(clause: should)), foreign: true))
        #expect(!isGood(result("a", .flight, failure: failure(clause: should)), foreign: false))
        #expect(isGood(result("a", .flight, failure: failure(clause: may)), foreign: false))
        #expect(!isGood(result("a", .flight, failure: failure(clause: may, verdict: .crash)), foreign: true))
        #expect(!isGood(result("a", .flight, failure: failure(clause: nil)), foreign: true))
        var flaky = result("a", .flight, failure: failure(clause: nil))
        flaky.isFlaky = true
        #expect(!isGood(flaky, foreign: true))
        flaky.failure = failure(clause: should)
        #expect(isGood(flaky, foreign: true) && !isGood(flaky, foreign: false))
    }
}

extension String {
    fileprivate func components(_ text: String) -> Int {
        indices.count { self[$0...].hasPrefix(text) }
    }
}
