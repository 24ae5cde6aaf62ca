/// What GitHub Actions shows beside a pull request: annotations at transcript lines, and a summary of the step.

import Bytes
package import Results
import Transcript

package struct GitHubReport {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    // MARK: Annotations

    /// Workflow commands for standard output, one line each.
    package func annotations(_ events: [RunEvent]) -> [String] {
        let run = RunRecord(events)
        return TranscriptCase.all(run).compactMap { each in
            guard let kind = kind(each, foreign: run.start.foreign) else { return nil }
            let file = run.start.folder.isEmpty ? each.path : run.start.folder + "/" + each.path
            let title = ([each.verdict.rawValue] + (each.group.map { [$0.tag] } ?? [])).joined(separator: " ")
            let place = "file=\(property(file)),line=\(each.line),title=\(property(title))"
            return "::\(kind) \(place)::\(data(message(each)))"
        }
    }

    /// An error makes CI red; a SHOULD does not, where the server is somebody else's.
    private func kind(_ each: TranscriptCase, foreign: Bool) -> String? {
        switch each.verdict {
        case .crash, .blocked, .unexpectedPass: "error"
        case .fail, .flaky: foreign && each.group?.failure.clause?.level != .must ? "warning" : "error"
        case .expectedFailure: "notice"
        case .pass, .differs, .adapted, .notTested: nil
        }
    }

    private func message(_ each: TranscriptCase) -> String {
        guard let group = each.group else { return "\(each.title): \(each.reason ?? "")" }
        var text = group.difference
        if let clause = group.failure.clause.flatMap({ catalogue[$0.id] }) {
            text += "\n\(clause.rule) (PROTOCOL.md, \(clause.id))"
        }
        if let reason = each.reason { text += "\nExpected to fail: \(reason)" }
        return text
    }

    // Scalar by scalar: a carriage return and a line feed are one Character.
    private func data(_ text: String) -> String { escaped(text, "%\r\n") }
    private func property(_ text: String) -> String { escaped(text, "%\r\n:,") }

    private func escaped(_ text: String, _ special: String) -> String {
        text.unicodeScalars.map { scalar in
            guard special.unicodeScalars.contains(scalar) else { return String(scalar) }
            return "%" + Hexadecimal.text([UInt8(scalar.value)]).uppercased()
        }.joined()
    }

    // MARK: Summary

    /// GitHub refuses more than 1 MiB of it.
    private static let mostRows = 500

    /// Markdown for the step's page.
    package func summary(_ events: [RunEvent]) -> String {
        let run = RunRecord(events)
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
        let rows = cases.filter { $0.verdict.isTrouble || $0.verdict == .expectedFailure }
        guard !rows.isEmpty else { return lines.joined(separator: "\n") + "\n" }
        lines += ["", "| verdict | clause | transcript | what |", "| --- | --- | --- | --- |"]
        for each in rows.prefix(GitHubReport.mostRows) {
            let what = each.group?.difference ?? each.reason ?? ""
            let tag = each.group?.tag ?? ""
            let cells = [tag, "\(each.path):\(each.line)", what].map(cell).joined(separator: " | ")
            lines.append("| \(each.verdict.rawValue) | \(cells) |")
        }
        if rows.count > GitHubReport.mostRows { lines.append("\n… and \(rows.count - GitHubReport.mostRows) more") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A server's words must not become markup of the page.
    private func cell(_ text: String) -> String {
        let marks = "\\`*_|[]~:@$".unicodeScalars
        let shown = Markup.escaped(text).unicodeScalars.map { scalar in
            scalar == "\n" ? " " : marks.contains(scalar) ? "&#\(scalar.value);" : String(scalar)
        }.joined()
        return shown.isEmpty ? "" : "<code>\(shown)</code>"
    }
}
