/// The failing conversations of the HTML report, each beside the text of the clause that it breaks.

import Bytes
import Results
import Transcript

extension HTMLReport {
    func failures(_ run: RunRecord, _ index: Int, named: Bool) -> [String] {
        let cases = TranscriptCase.all(run).filter { $0.group != nil }
        guard !cases.isEmpty else { return [] }
        let of = named ? ": \(Markup.escaped(run.start.server))" : ""
        var lines = ["<h2>What failed or differs\(of)</h2>"]
        let byClause = Dictionary(grouping: cases) { $0.group?.failure.clause?.id }
        for clause in catalogue.clauses {
            guard let cases = byClause[clause.id] else { continue }
            lines += section("r\(index)-\(clause.id)", about(clause), cases, run)
        }
        let known = Set(catalogue.clauses.map(\.id))
        let rest = cases.filter { each in each.group?.failure.clause.map { !known.contains($0.id) } ?? true }
        let setup = [
            "<h3>[setup]</h3>", "<p>What went wrong here stands before any clause: nothing could be judged.</p>",
        ]
        return lines + (rest.isEmpty ? [] : section("r\(index)-setup", setup, rest, run))
    }

    private func section(
        _ id: String, _ about: [String], _ cases: [TranscriptCase], _ run: RunRecord
    ) -> [String] {
        ["<section id=\"\(id)\">", #"<div class="clause">"#] + about
            + [##"<p><a href="#top">back to the top</a></p>"##, "</div>", #"<div class="cases">"#]
            + cases.flatMap { conversation($0, run) } + ["</div>", "</section>"]
    }

    private func about(_ clause: CatalogueClause) -> [String] {
        var lines = ["<h3>\(clause.id) <small>\(clause.level.rawValue)</small></h3>"]
        lines.append("<p>\(Markup.prose(clause.rule))</p>")
        for (name, text) in [("The sheet", clause.sheet), ("Why", clause.why)] {
            if let text { lines.append("<p><b>\(name):</b> \(Markup.prose(text))</p>") }
        }
        return lines
    }

    private func conversation(_ each: TranscriptCase, _ run: RunRecord) -> [String] {
        guard let group = each.group else { return [] }
        let failure = group.failure
        var lines = ["<article>"]
        let verdict = Markup.escaped(each.verdict.rawValue)
        let place = Markup.escaped("\(each.path):\(failure.place.line)")
        lines.append("<h4><b class=\"verdict\">\(verdict)</b> <code>\(place)</code></h4>")
        lines.append(
            "<p>\(Markup.escaped([each.title, failure.words].filter { !$0.isEmpty }.joined(separator: ": ")))</p>")
        if let reason = each.reason { lines.append("<p>Expected to fail: \(Markup.escaped(reason))</p>") }
        lines.append(#"<table class="talk">"#)
        lines += failure.exchange.map(row)
        lines += failure.place.inside.map { note("at", $0) }
        for (index, expected) in failure.expected.enumerated() {
            lines.append(note(index == 0 ? "expected" : "or", expected))
        }
        lines.append(note("received", failure.received, "wrong"))
        lines += failure.details.map { note("", $0) }
        lines.append("</table>")
        let cuts = ConsoleReport(catalogue: catalogue).comparison(group).map { " " + $0 } ?? ""
        let facts = [
            "Cut by \(group.segmentation)." + cuts,
            "Clock \(failure.clock). Server: \(failure.server)",
            "Signature \(failure.signature)" + (digest(each, run).map { ", transcript sha256 \($0)" } ?? ""),
        ]
        lines += facts.map { "<p class=\"fact\">\(Markup.escaped($0))</p>" }
        if !failure.log.isEmpty {
            let log = failure.log.map { Visible.line(Array($0.utf8)) }.joined(separator: "\n")
            lines.append("<pre class=\"log\">\(Markup.escaped(log))</pre>")
        }
        let again = ConsoleReport(catalogue: catalogue).again(group, run.start.target)
        lines.append("<p class=\"fact\">Again: <code>\(Markup.escaped(again))</code></p>")
        return lines + ["</article>"]
    }

    private func digest(_ each: TranscriptCase, _ run: RunRecord) -> String? {
        run.results.first { $0.path == each.path }?.digest.map { String($0.prefix(12)) }
    }

    private func row(_ line: ExchangeLine) -> String {
        let text = Visible.line(line.bytes, total: line.count, limit: ExchangeLine.shown)
        return "<tr class=\"\(line.kind.rawValue)\"><td>\(line.line)</td><td>\(Markup.escaped(line.who))</td>"
            + "<td>\(Markup.escaped(text))</td></tr>"
    }

    private func note(_ name: String, _ text: String, _ kind: String = "note") -> String {
        "<tr class=\"\(kind)\"><td></td><td>\(name)</td><td>\(Markup.escaped(text))</td></tr>"
    }
}
