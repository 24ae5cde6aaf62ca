/// Known failures, parts of a run, and their joining.

import Posix
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ExpectedFailuresTests {
    private func judged(_ text: String, _ results: [TranscriptResult], part: Bool = false) throws -> [String] {
        let expected = try ExpectedFailures(parsing: text, catalogue: ReportSamples.catalogue)
        var run = ReportSamples.run(results)
        if !part { run.start.partition = nil }
        return expected.applied(to: run).results.map { $0.verdict(foreign: true).rawValue }
    }

    @Test func `a clause or a transcript that is listed fails as expected`() throws {
        let failed = ReportSamples.failed("ban/a.transcript")
        #expect(try judged("# why\n\nBAN-1 * known", [failed]) == ["XFAIL"])
        #expect(try judged("ban/a.transcript * it is known", [failed]) == ["XFAIL"])
        #expect(try judged("ban/b.transcript * known\nBAN-11 * known", [failed]) == ["FAIL"])
        let crashed = ReportSamples.failed("ban/a.transcript", .flight, .crash)
        #expect(try judged("BAN-1 * known", [crashed]) == ["XFAIL"])
    }

    @Test func `another failure than the one that is known stays a failure`() throws {
        let failed = ReportSamples.failed("ban/a.transcript")
        let signature = try #require(failed.failure?.signature)
        #expect(try judged("BAN-1 \(signature) known", [failed]) == ["XFAIL"])
        #expect(try judged("BAN-1 00000000 known", [failed]) == ["FAIL"])
        #expect(try judged("BAN-1 00000000 one\nBAN-1 \(signature) two", [failed]) == ["XFAIL"])
    }

    @Test func `what passes although it is listed is an unexpected pass, and no success`() throws {
        let passed = ReportSamples.result("ban/a.transcript")
        #expect(try judged("BAN-1 * known", [passed]) == ["XPASS"])
        #expect(try judged("BAN-1 * known", [ReportSamples.skipped("ban/a.transcript")]) == ["NOT TESTED"])
        #expect(try judged("BAN-1 * known", [passed, ReportSamples.failed("b.transcript")]) == ["PASS", "XFAIL"])
        let expected = try ExpectedFailures(parsing: "BAN-1 * known", catalogue: ReportSamples.catalogue)
        var run = ReportSamples.run([passed])
        run.start.partition = nil
        #expect(!expected.applied(to: run).isGood && run.isGood)
        run.results = [ReportSamples.failed("b.transcript")]
        #expect(expected.applied(to: run).isGood && !run.isGood)
    }

    @Test func `a retired clause is all of its successors`() throws {
        let (first, second) = (ReportSamples.failed("a"), ReportSamples.failed("b", clause: ReportSamples.minute))
        #expect(try judged("BAN-9 * known", [first, second]) == ["XFAIL", "XFAIL"])
        // One of them still fails: that the other passes is no surprise.
        let passes = ReportSamples.result("b", clause: ReportSamples.minute)
        #expect(try judged("BAN-9 * known", [first, passes]) == ["XFAIL", "PASS"])
        #expect(try judged("BAN-9 * known", [ReportSamples.result("a"), passes]) == ["XPASS", "XPASS"])
        #expect(try judged("BAN-9 * known", [ReportSamples.failed("a", clause: ClauseID("BAN-2", .must))]) == ["FAIL"])
    }

    @Test func `of one playing that is listed the others are judged as ever`() throws {
        let path = "ban/a.transcript"
        let results = [ReportSamples.result(path), ReportSamples.failed(path, .byte)]
        #expect(try judged("\(path)@byte * known", results) == ["PASS", "XFAIL"])
        #expect(try judged("\(path)@flight * known", results) == ["XPASS", "FAIL"])
        #expect(try judged("\(path) * known", results) == ["PASS", "XFAIL"])
    }

    @Test func `one part cannot tell that a clause passes everywhere`() throws {
        #expect(try judged("BAN-1 * known", [ReportSamples.result("a")], part: true) == ["PASS"])
        let path = "ban/a.transcript"
        #expect(try judged("\(path) * known", [ReportSamples.result(path)], part: true) == ["XPASS"])
    }

    @Test(arguments: [
        ("BAN-1 *", 1), ("\nBAN-99 * x", 2), ("a.txt * x", 1), ("BAN-1 xyz x", 1), ("BAN-1 0000000 x", 1),
        ("a.transcript@word * x", 1),
    ])
    func `a fault is told with its line`(_ text: String, _ line: Int) {
        let fault = #expect(throws: ExpectedFailures.Fault.self) {
            try ExpectedFailures(parsing: text, catalogue: ReportSamples.catalogue)
        }
        #expect(fault?.line == line)
    }
}

struct JoinedRunsTests {
    private func part(_ text: String, _ path: String, server: String = "x") -> RunRecord {
        var run = ReportSamples.run([ReportSamples.result(path)], server: server)
        run.start.partition = Partition(text)
        return run
    }

    @Test func `the parts of a run share it without rest`() throws {
        let all = Array(0..<10)
        let shares = try (1...3).map { try #require(Partition("\($0)/3")).share(all) }
        #expect(shares.flatMap { $0 }.sorted() == all && shares.allSatisfy { $0.count >= 3 })
        #expect(Partition("1/1")?.share(all) == all)
        for wrong in ["0/3", "4/3", "1", "1/2/3", "a/b", "-1/2", "1/0", ""] { #expect(Partition(wrong) == nil) }
    }

    @Test func `all parts in any order are the run again`() throws {
        let joined = try JoinedRuns.join([part("2/2", "b"), part("1/1", "z", server: "y"), part("1/2", "a")])
        #expect(joined.map(\.start.server) == ["x", "y"] && joined.map(\.start.partition) == [nil, nil])
        #expect(joined[0].results.map(\.path) == ["b", "a"] && joined[0].start.transcripts == 2)
    }

    @Test func `a part that is missing, double or of another run is told`() {
        func fault(_ runs: [RunRecord]) -> String? {
            #expect(throws: JoinedRuns.Fault.self) { try JoinedRuns.join(runs) }?.description
        }
        #expect(fault([part("1/2", "a")]) == "part 2/2 of 'x' is missing")
        #expect(fault([part("1/2", "a"), part("1/2", "a"), part("2/2", "b")]) == "part 1/2 of 'x' stands here twice")
        var other = part("2/2", "b")
        other.start.version = "9"
        #expect(fault([part("1/2", "a"), other]) == "the parts of 'x' are not of the same run")
    }
}
