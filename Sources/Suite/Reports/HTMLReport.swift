/// One offline file for the browser: clauses × implementations, and each failing conversation beside its clause.

package import Results
import Transcript

package struct HTMLReport {
    let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    /// - Parameter runs: one per implementation, in the order of the columns.
    package func render(_ runs: [RunRecord]) -> String {
        let title = "TW-Mailer conformance" + (runs.count == 1 ? ": \(runs[0].start.server)" : "")
        var lines = [
            "<!DOCTYPE html>", #"<html lang="en">"#, "<head>", #"<meta charset="utf-8">"#,
            // Nothing is fetched, nothing runs, whatever a server has said.
            #"<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"#,
            #"<meta name="viewport" content="width=device-width, initial-scale=1">"#,
            "<title>\(Markup.escaped(title))</title>", "<style>", HTMLStyle.text, "</style>", "</head>", "<body>",
            #"<h1 id="top">TW-Mailer conformance</h1>"#,
        ]
        lines += summary(runs) + legend(runs) + matrix(runs)
        for (index, run) in runs.enumerated() { lines += failures(run, index, named: runs.count > 1) }
        for run in runs { lines += untested(run, named: runs.count > 1) }
        return (lines + ["</body>", "</html>"]).joined(separator: "\n") + "\n"
    }

    // MARK: Above the matrix

    private func summary(_ runs: [RunRecord]) -> [String] {
        var lines = [#"<table class="summary">"#]
        let heads = ["implementation", "MUST", "SHOULD", "playings", "suite"].map { "<th scope=\"col\">\($0)</th>" }
        lines.append("<thead><tr>\(heads.joined())</tr></thead>")
        for run in runs {
            let tally = run.tally(catalogue)
            let verdicts = run.results.map { $0.verdict(foreign: run.start.foreign) }
            let counts = CaseVerdict.allCases.compactMap { verdict in
                let count = verdicts.count { $0 == verdict }
                return count == 0 ? nil : "\(count) \(verdict.rawValue)"
            }
            var suite = "\(run.start.version), \(run.start.segmentations.map(\.description).joined(separator: ", "))"
            if let seed = run.start.seed { suite += ", seed \(seed)" }
            if let partition = run.start.partition { suite += ", part \(partition)" }
            if run.interrupted { suite += ", interrupted" }
            let cells = [level(.must, tally, run), level(.should, tally, run), counts.joined(separator: ", "), suite]
            let name = "<th scope=\"row\">\(Markup.escaped(run.start.server))</th>"
            lines.append("<tr>\(name)\(cells.map { "<td>\(Markup.escaped($0))</td>" }.joined())</tr>")
        }
        return lines + ["</table>"]
    }

    private func level(_ level: Level, _ tally: Tally, _ run: RunRecord) -> String {
        "\(tally.passed(level)) of \(run.start.isWhole ? tally.all(level) : tally.reached(level))"
    }

    private func legend(_ runs: [RunRecord]) -> [String] {
        let used = Set(runs.flatMap { run in catalogue.clauses.map { ClauseCell($0.id, in: run).mark } })
        let items = ClauseCell.Mark.allCases.filter(used.contains).map {
            "<span><b class=\"m \(HTMLStyle.name($0))\">\($0.letter)</b> \($0.meaning)</span>"
        }
        return [#"<p class="legend">"#, items.joined(separator: "\n"), "</p>"]
    }

    // MARK: The matrix

    private func matrix(_ runs: [RunRecord]) -> [String] {
        var lines: [String] = [#"<table class="matrix">"#]
        // One column needs no name: the summary has it.
        let names = runs.map { run in
            "<th scope=\"col\"><div>\(runs.count == 1 ? "" : Markup.escaped(run.start.server))</div></th>"
        }
        lines.append("<thead><tr><th scope=\"col\" colspan=\"2\">clause</th>\(names.joined())</tr></thead>")
        for level in Level.allCases {
            let clauses = catalogue.clauses.filter { $0.level == level }
            if clauses.isEmpty { continue }
            lines.append("<tbody><tr class=\"level\"><th colspan=\"\(2 + runs.count)\">\(level.rawValue)</th></tr>")
            for clause in clauses {
                let cells = runs.enumerated().map { index, run in cell(clause.id, run, index) }
                lines.append(
                    "<tr><th scope=\"row\">\(clause.id)</th><td class=\"rule\">\(Markup.prose(clause.rule))</td>"
                        + "\(cells.joined())</tr>")
            }
            lines.append("</tbody>")
        }
        return lines + ["</table>"]
    }

    private func cell(_ clause: String, _ run: RunRecord, _ index: Int) -> String {
        let cell = ClauseCell(clause, in: run)
        let title = cell.mark.meaning + (cell.reason.map { ": \($0)" } ?? "")
        let open = "<td class=\"m \(HTMLStyle.name(cell.mark))\" title=\"\(Markup.escaped(title))\">"
        let hasSection = run.results.contains { $0.failure?.clause?.id == clause }
        let letter = hasSection ? "<a href=\"#r\(index)-\(clause)\">\(cell.mark.letter)</a>" : cell.mark.letter
        return "\(open)\(letter)</td>"
    }

    // MARK: Below the matrix

    private func untested(_ run: RunRecord, named: Bool) -> [String] {
        let cases = TranscriptCase.all(run).filter { $0.verdict == .notTested }
        guard !cases.isEmpty else { return [] }
        let byReason = Dictionary(grouping: cases) { $0.reason ?? "" }.sorted { $0.key < $1.key }
        let of = named ? " of \(Markup.escaped(run.start.server))" : ""
        var lines = ["<h2>Not tested\(of)</h2>", #"<dl class="untested">"#]
        for (reason, cases) in byReason {
            let paths = cases.map { Markup.escaped($0.path) }.joined(separator: "<br>")
            lines.append("<dt>\(Markup.escaped(reason))</dt><dd>\(paths)</dd>")
        }
        return lines + ["</dl>"]
    }
}
