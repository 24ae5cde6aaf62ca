/// The reports for CI: JUnit, and GitHub's annotations and summary.

import Posix
import Reports
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct JUnitReportTests {
    private let report = JUnitReport(catalogue: ReportSamples.catalogue)

    @Test func `a transcript is one case with its file and line, however often it was played`() {
        let passes = ReportSamples.result("ban/passes.transcript")
        let run = ReportSamples.run([
            passes, ReportSamples.result("ban/passes.transcript", .byte),
            ReportSamples.skipped("read/clock.transcript"),
        ])
        #expect(
            report.render(run) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="twmailer-conformance" tests="2" failures="0" errors="0" time="0.060">
                  <testsuite name="ban" tests="1" failures="0" errors="0" time="0.040" skipped="0">
                    <properties>
                      <property name="server" value="./theirs {port}"/>
                      <property name="suite-version" value="0.1.0"/>
                      <property name="segmentations" value="flight,random:7"/>
                      <property name="seed" value="7"/>
                      <property name="partition" value="2/4"/>
                    </properties>
                    <testcase classname="ban" name="passes" file="conformance/ban/passes.transcript" line="1" time="0.040"/>
                  </testsuite>
                  <testsuite name="read" tests="1" failures="0" errors="0" time="0.020" skipped="1">
                    <properties>
                      <property name="server" value="./theirs {port}"/>
                      <property name="suite-version" value="0.1.0"/>
                      <property name="segmentations" value="flight,random:7"/>
                      <property name="seed" value="7"/>
                      <property name="partition" value="2/4"/>
                    </properties>
                    <testcase classname="read" name="clock" file="conformance/read/clock.transcript" line="1" time="0.020">
                      <skipped message="needs a clock"/>
                    </testcase>
                  </testsuite>
                </testsuites>

                """)
    }

    @Test func `a failure stands at its line and shows the exchange, with nothing in it that XML forbids`() {
        let text = report.render(ReportSamples.run([ReportSamples.failed("ban/a.transcript")]))
        #expect(text.contains(#"file="conformance/ban/a.transcript" line="24""#))
        #expect(
            text.contains(
                #"<failure type="FAIL [BAN-1 MUST]" message="expected ERR⏎ or &lt;closed&gt;, received OK⏎">"#))
        #expect(text.contains(#"LOGIN⏎&lt;alice&gt;⏎"#) && text.contains(#"login ok \x1b[2J alice ]]&gt;"#))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }

    @Test func `the worst playing of a transcript decides`() {
        let path = "ban/a.transcript"
        func element(_ results: [TranscriptResult]) -> String {
            let cases = TranscriptCase.all(ReportSamples.run(results))
            return cases.map { "\($0.verdict.rawValue) \($0.group?.segmentation.description ?? "–")" }.joined()
        }
        let passed = ReportSamples.result(path)
        let byte = ReportSamples.failed(path, .byte)
        #expect(element([passed, byte]) == "FAIL byte")
        #expect(element([ReportSamples.failed(path), ReportSamples.failed(path, .line, .crash)]) == "CRASH line")
        #expect(element([passed, ReportSamples.skipped(path)]) == "PASS –")
        var known = byte
        known.expectation = Expectation(.failed, reason: "known")
        #expect(element([passed, known]) == "XFAIL byte")
    }

    @Test func `what no XML may hold is made visible`() {
        let shown = Element.escaped("a\0b\u{1b}\u{85}\u{fffe}<&\"'>\n⏎𝄞")
        #expect(shown == "a\\x00b\\x1b\\x85\\xfffe&lt;&amp;&quot;&#39;&gt;\n⏎𝄞")
        #expect(Element.escaped("\u{202e}x\r") == "\\x202ex\\x0d")
    }
}

struct GitHubReportTests {
    private let report = GitHubAnnotations(catalogue: ReportSamples.catalogue)

    @Test func `a failure is an error at the transcript's line`() {
        let lines = report.lines(ReportSamples.run([ReportSamples.failed("ban/a,b.transcript")]))
        #expect(
            lines == [
                "::error file=conformance/ban/a%2Cb.transcript,line=24,title=FAIL [BAN-1 MUST]::expected ERR⏎ or <closed>, "
                    + "received OK⏎%0AAfter three failures the next is refused. (PROTOCOL.md, BAN-1)"
            ])
    }

    @Test func `a SHOULD of another's server warns, an expected failure is a notice, the rest is silent`() {
        var known = ReportSamples.failed("b")
        known.expectation = Expectation(.failed, reason: "50% done")
        let lines = report.lines(
            ReportSamples.run([
                ReportSamples.failed("a", clause: ReportSamples.minute), known, ReportSamples.result("c"),
                ReportSamples.skipped("d"),
            ]))
        #expect(lines.count == 2 && lines[0].hasPrefix("::warning ") && lines[1].hasPrefix("::notice "))
        #expect(lines[1].hasSuffix("%0AExpected to fail: 50%25 done"))
    }

    @Test func `a server's words cannot write a command`() {
        let failed = ReportSamples.failed("a", received: "x\n::add-mask::y\r\n%0A")
        for line in report.lines(ReportSamples.run([failed])) {
            #expect(!line.contains("\n") && !line.contains("\r") && line.contains("%250A"))
        }
    }

    @Test func `the summary counts, and names each failure in a table that a server's words cannot break`() {
        let failed = ReportSamples.failed("ban/a.transcript", received: "|`<b>\n*")
        let run = ReportSamples.run([ReportSamples.result("ban/b.transcript", clause: ReportSamples.minute), failed])
        #expect(
            GitHubSummary(catalogue: ReportSamples.catalogue).render(run) == """
                ### TW-Mailer conformance: <code>./theirs {port}</code>

                | clauses | passed | of |
                | --- | ---: | ---: |
                | MUST | 0 | 1 |
                | SHOULD | 1 | 1 |

                2 transcripts under flight, random:7: 1 PASS, 1 FAIL · suite 0.1.0

                | verdict | clause | transcript | what |
                | --- | --- | --- | --- |
                | FAIL | <code>&#91;BAN-1 MUST&#93;</code> | <code>ban/a.transcript&#58;24</code> \
                | <code>expected ERR⏎ or &lt;closed&gt;, received &#124;&#96;&lt;b&gt; &#42;</code> |

                """)
    }
}
