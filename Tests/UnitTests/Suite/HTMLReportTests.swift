/// The HTML report: what stands in it, and that nothing a server says gets out of its place.

import Posix
import Reports
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct HTMLReportTests {
    private let report = HTMLReport(catalogue: ReportSamples.catalogue)

    @Test func `each clause has a letter per implementation, and a failed one leads to its conversation`() {
        let good = ReportSamples.run([ReportSamples.result("a")], server: "good")
        let text = report.render([ReportSamples.mixed, good])
        let row = """
            <tr><th scope="row">BAN-1</th><td class="rule">After three failures the next is refused.</td>\
            <td class="m crash" title="the server crashed"><a href="#r0-BAN-1">C</a></td>\
            <td class="m pass" title="passed">P</td></tr>
            """
        #expect(text.contains(row))
        #expect(text.contains(#"<td class="m untested" title="not tested: needs a clock">N</td>"#))
        #expect(text.contains(#"<td class="m unreached" title="no transcript of this run came to it">·</td>"#))
        #expect(text.contains(#"<section id="r0-BAN-1">"#) && text.contains("<b>The sheet:</b> Only 3 login"))
        #expect(text.contains(#"<section id="r0-setup">"#) && !text.contains(#"id="r1-"#))
        #expect(text.contains(#"<tr class="sent"><td>21</td><td>C1</td><td>LOGIN⏎&lt;alice&gt;⏎</td></tr>"#))
    }

    @Test func `a server's words are text, whatever they are`() {
        let failed = ReportSamples.failed("</title><script>", received: #"</table><script>alert("x")</script>"#)
        var run = ReportSamples.run([failed], server: "<img/src=x onerror=y>")
        run.results[0].failure?.log = ["</pre><script>"]
        let text = report.render([run])
        #expect(!text.contains("<script") && !text.contains("<img"))
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains(" src="))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }

    @Test func `the worst transcript gives the letter, and what was expected is told apart`() {
        func letter(_ results: [TranscriptResult]) -> String {
            ClauseCell("BAN-1", in: ReportSamples.run(results)).verdict.row.letter
        }
        let (passed, failed) = (ReportSamples.result("a"), ReportSamples.failed("b"))
        var (known, surprise) = (failed, passed)
        known.expectation = Expectation(.failed, reason: "known")
        surprise.expectation = Expectation(.passed, reason: "known")
        #expect(letter([passed, failed]) == "F" && letter([passed]) == "P" && letter([]) == "·")
        #expect(letter([failed, ReportSamples.failed("c", .flight, .crash)]) == "C")
        #expect(letter([passed, known]) == "X" && letter([surprise, known]) == "U")
    }

    @Test func `every verdict of a clause has a letter, a rank and a rule of its own in the style sheet`() {
        let page = report.render(ReportSamples.mixed)
        let rows = CaseVerdict.inMatrix.map(\.row)
        #expect(rows.count == 9 && Set(rows.map(\.letter)).count == 9 && Set(rows.map(\.style)).count == 9)
        #expect(rows.allSatisfy { page.contains("\n.\($0.style)") || page.contains(" .\($0.style) {") })
        #expect(CaseVerdict.allCases.map(\.row.rank).sorted() == Array(CaseVerdict.allCases.indices))
    }

    @Test func `the same as plain text`() {
        let other = ReportSamples.run([ReportSamples.result("a")], server: "other")
        let text = MatrixReport(catalogue: ReportSamples.catalogue).render([ReportSamples.mixed, other])
        #expect(
            text.hasPrefix(
                """
                1  ./theirs {port}
                2  other

                MUST    1 2
                BAN-1   C P

                SHOULD  1 2
                BAN-11  N ·

                C the server crashed · F failed
                """))
    }
}
