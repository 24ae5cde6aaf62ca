/// What GitHub Actions shows on the step's page, as Markdown: clauses, counts, and a row per failure.

package import Results
import Transcript

package struct GitHubSummary: Report {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    /// GitHub refuses more than 1 MiB of it.
    private static let mostRows = 500

    package func render(_ run: RunRecord) -> String {
        let tally = run.tally(catalogue)
        let cases = TranscriptCase.all(run)
        let cuts = run.start.segmentations.map(\.description).joined(separator: ", ")
        var lines = ["### TW-Mailer conformance: \(cell(run.start.server))", ""]
        lines += ["| clauses | passed | of |", "| --- | ---: | ---: |"]
        for level in [Level.must, .should] {
            let all = run.start.isWhole ? tally.all(level) : tally.reached(level)
            lines.append("| \(level.rawValue) | \(tally.passed(level)) | \(all) |")
        }
        let counts = CaseVerdict.allCases.compactMap { verdict in
            let count = cases.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(count) \(verdict.rawValue)"
        }
        let played = "\(cases.count) transcripts under \(cuts): \(counts.joined(separator: ", "))"
        lines += ["", "\(played) · suite \(run.start.version)"]
        if run.interrupted { lines += ["", "**The run was interrupted.**"] }
        let rows = cases.filter { $0.verdict.row.annotation != nil }
        guard !rows.isEmpty else { return lines.joined(separator: "\n") + "\n" }
        lines += ["", "| verdict | clause | transcript | what |", "| --- | --- | --- | --- |"]
        for each in rows.prefix(GitHubSummary.mostRows) {
            let what = each.group?.difference ?? each.reason ?? ""
            let tag = each.group?.tag ?? ""
            let cells = [tag, "\(each.path):\(each.line)", what].map(cell).joined(separator: " | ")
            lines.append("| \(each.verdict.rawValue) | \(cells) |")
        }
        if rows.count > GitHubSummary.mostRows { lines.append("\n… and \(rows.count - GitHubSummary.mostRows) more") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A server's words must not become markup of the page.
    private func cell(_ text: String) -> String {
        let marks = "\\`*_|[]~:@$".unicodeScalars
        let shown = Element.escaped(text).unicodeScalars.map { scalar in
            scalar == "\n" ? " " : marks.contains(scalar) ? "&#\(scalar.value);" : String(scalar)
        }.joined()
        return shown.isEmpty ? "" : "<code>\(shown)</code>"
    }
}
