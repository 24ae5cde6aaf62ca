/// One offline file for the browser: clauses × implementations, and each failing conversation beside its clause.

package import Results
import Transcript

package struct HTMLReport: Comparison {
    let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ runs: [RunRecord]) -> String {
        let name = "TW-Mailer conformance"
        let style = String(decoding: PackageResources.report_css.dropLast(), as: UTF8.self)
        let head = [
            Element("meta", with: ["charset": "utf-8"]),
            // Nothing is fetched, nothing runs, whatever a server has said.
            Element(
                "meta",
                with: [
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'",
                ]),
            Element("meta", with: ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            Element("title", name + (runs.count == 1 ? ": \(runs[0].start.server)" : "")),
            Element(block: "style", verbatim: style),
        ]
        var body = [Element("h1", with: ["id": "top"], name), summary(runs), legend(runs), matrix(runs)]
        for (index, run) in runs.enumerated() { body += failures(run, index, named: runs.count > 1) }
        for run in runs { body += untested(run, named: runs.count > 1) }
        let page = Element(
            block: "html", with: ["lang": "en"], [Element(block: "head", head), Element(block: "body", body)])
        return (["<!DOCTYPE html>"] + page.lines(.html)).joined(separator: "\n") + "\n"
    }

    // MARK: Above the matrix

    private func summary(_ runs: [RunRecord]) -> Element {
        let heads = ["implementation", "MUST", "SHOULD", "playings", "suite"].map {
            Element("th", with: ["scope": "col"], $0)
        }
        let rows = runs.map { run in
            let tally = run.tally(catalogue)
            let counts = CaseVerdict.allCases.filter { tally[$0] > 0 }.map { "\(tally[$0]) \($0.rawValue)" }
            var suite = "\(run.start.version), \(run.start.segmentations.map(\.description).joined(separator: ", "))"
            if let seed = run.start.seed { suite += ", seed \(seed)" }
            if let partition = run.start.partition { suite += ", part \(partition)" }
            if run.interrupted { suite += ", interrupted" }
            let cells = [level(.must, tally, run), level(.should, tally, run), counts.joined(separator: ", "), suite]
            return Element(
                "tr", [Element("th", with: ["scope": "row"], run.start.server)] + cells.map { Element("td", $0) })
        }
        return Element(block: "table", with: ["class": "summary"], [Element("thead", [Element("tr", heads)])] + rows)
    }

    private func level(_ level: Level, _ tally: Tally, _ run: RunRecord) -> String {
        "\(tally.passed(level)) of \(run.start.isWhole ? tally.all(level) : tally.reached(level))"
    }

    private func legend(_ runs: [RunRecord]) -> Element {
        let used = Set(runs.flatMap { run in catalogue.clauses.map { ClauseCell($0.id, in: run).verdict } })
        let items = CaseVerdict.inMatrix.filter(used.contains).map(\.row).map { row in
            Element(
                "span",
                mixed: [.element(Element("b", with: ["class": "m \(row.style)"], row.letter)), " \(row.meaning)"])
        }
        return Element(block: "p", with: ["class": "legend"], items)
    }

    // MARK: The matrix

    private func matrix(_ runs: [RunRecord]) -> Element {
        // One column needs no name: the summary has it.
        let names = runs.map { run in
            Element("th", with: ["scope": "col"], [Element("div", runs.count == 1 ? "" : run.start.server)])
        }
        let head = Element("tr", [Element("th", with: ["scope": "col", "colspan": "2"], "clause")] + names)
        let levels = Level.allCases.compactMap { level -> Element? in
            let clauses = catalogue.clauses.filter { $0.level == level }
            if clauses.isEmpty { return nil }
            let title = Element("th", with: ["colspan": "\(2 + runs.count)"], level.rawValue)
            let rows = clauses.map { clause in
                Element(
                    "tr",
                    [
                        Element("th", with: ["scope": "row"], clause.id),
                        Element("td", with: ["class": "rule"], mixed: Element.prose(clause.rule)),
                    ] + runs.enumerated().map { index, run in cell(clause.id, run, index) })
            }
            return Element(block: "tbody", [Element("tr", with: ["class": "level"], [title])] + rows)
        }
        return Element(block: "table", with: ["class": "matrix"], [Element("thead", [head])] + levels)
    }

    private func cell(_ clause: String, _ run: RunRecord, _ index: Int) -> Element {
        let cell = ClauseCell(clause, in: run)
        let row = cell.verdict.row
        let title = row.meaning + (cell.reason.map { ": \($0)" } ?? "")
        let hasSection = run.results.contains { $0.failure?.clause?.id == clause }
        let letter = Element("a", with: ["href": "#r\(index)-\(clause)"], row.letter)
        return Element(
            "td", with: ["class": "m \(row.style)", "title": title],
            mixed: [hasSection ? .element(letter) : .text(row.letter)])
    }

    // MARK: Below the matrix

    private func untested(_ run: RunRecord, named: Bool) -> [Element] {
        let cases = TranscriptCase.all(run).filter { $0.verdict == .notTested }
        guard !cases.isEmpty else { return [] }
        let byReason = Dictionary(grouping: cases) { $0.reason ?? "" }.sorted { $0.key < $1.key }
        let list = byReason.flatMap { reason, cases in
            let paths = cases.map { [Element.Content.text($0.path)] }
            return [
                Element("dt", reason), Element("dd", mixed: Array(paths.joined(separator: [.element(Element("br"))]))),
            ]
        }
        let title = Element("h2", "Not tested" + (named ? " of \(run.start.server)" : ""))
        return [title, Element(block: "dl", with: ["class": "untested"], list)]
    }
}
