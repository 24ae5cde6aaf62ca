/// The failing conversations of the HTML report, each beside the text of the clause that it breaks.

import Bytes
import Results
import Transcript

extension HTMLReport {
    func failures(_ run: RunRecord, _ index: Int, named: Bool) -> [Element] {
        let cases = TranscriptCase.all(run).filter { $0.group != nil }
        guard !cases.isEmpty else { return [] }
        var parts = [Element("h2", "What failed or differs" + (named ? ": \(run.start.server)" : ""))]
        let byClause = Dictionary(grouping: cases) { $0.group?.failure.clause?.id }
        for clause in catalogue.clauses {
            guard let cases = byClause[clause.id] else { continue }
            parts.append(section("r\(index)-\(clause.id)", about(clause), cases, run))
        }
        let known = Set(catalogue.clauses.map(\.id))
        let rest = cases.filter { each in each.group?.failure.clause.map { !known.contains($0.id) } ?? true }
        let setup = [
            Element("h3", "[setup]"),
            Element("p", "What went wrong here stands before any clause: nothing could be judged."),
        ]
        return parts + (rest.isEmpty ? [] : [section("r\(index)-setup", setup, rest, run)])
    }

    private func section(_ id: String, _ about: [Element], _ cases: [TranscriptCase], _ run: RunRecord) -> Element {
        let back = Element("p", [Element("a", with: ["href": "#top"], "back to the top")])
        return Element(
            block: "section", with: ["id": id],
            [
                Element(block: "div", with: ["class": "clause"], about + [back]),
                Element(block: "div", with: ["class": "cases"], cases.compactMap { conversation($0, run) }),
            ])
    }

    private func about(_ clause: CatalogueClause) -> [Element] {
        let title = Element("h3", mixed: ["\(clause.id) ", .element(Element("small", clause.level.rawValue))])
        let rule = Element("p", mixed: Element.prose(clause.rule))
        let more = [("The sheet", clause.sheet), ("Why", clause.why)]
        return [title, rule]
            + more.compactMap { name, text in
                text.map { Element("p", mixed: [.element(Element("b", "\(name):")), " "] + Element.prose($0)) }
            }
    }

    private func conversation(_ each: TranscriptCase, _ run: RunRecord) -> Element? {
        guard let group = each.group else { return nil }
        let failure = group.failure
        let verdict = Element("b", with: ["class": "verdict"], each.verdict.rawValue)
        let place = Element("code", "\(each.path):\(failure.place.line)")
        let title = [each.title, failure.words].filter { !$0.isEmpty }.joined(separator: ": ")
        var parts = [Element("h4", mixed: [.element(verdict), " ", .element(place)]), Element("p", title)]
        if let reason = each.reason { parts.append(Element("p", "Expected to fail: \(reason)")) }
        parts.append(talk(failure))
        let console = ConsoleReport(catalogue: catalogue)
        let cuts = console.comparison(group).map { " " + $0 } ?? ""
        let facts = [
            "Cut by \(group.segmentation)." + cuts,
            "Clock \(failure.clock). Server: \(failure.server)",
            "Signature \(failure.signature)" + (digest(each, run).map { ", transcript sha256 \($0)" } ?? ""),
        ]
        parts += facts.map { Element("p", with: ["class": "fact"], $0) }
        if !failure.log.isEmpty {
            let log = failure.log.map { Visible.line(Array($0.utf8)) }.joined(separator: "\n")
            parts.append(Element("pre", with: ["class": "log"], log))
        }
        let again = Element("code", console.again(group, run.start.target))
        parts.append(Element("p", with: ["class": "fact"], mixed: ["Again: ", .element(again)]))
        return Element(block: "article", parts)
    }

    private func digest(_ each: TranscriptCase, _ run: RunRecord) -> String? {
        run.results.first { $0.path == each.path }?.digest.map { String($0.prefix(12)) }
    }

    // MARK: What was said

    private func talk(_ failure: Failure) -> Element {
        var rows = failure.exchange.map { line in
            let text = Visible.line(line.bytes, total: line.count, limit: ExchangeLine.shown)
            return row(line.kind.rawValue, [String(line.line), line.who, text])
        }
        rows += failure.place.inside.map { row("note", ["", "at", $0]) }
        for (index, expected) in failure.expected.enumerated() {
            rows.append(row("note", ["", index == 0 ? "expected" : "or", expected]))
        }
        rows.append(row("wrong", ["", "received", failure.received]))
        rows += failure.details.map { row("note", ["", "", $0]) }
        return Element(block: "table", with: ["class": "talk"], rows)
    }

    private func row(_ kind: String, _ cells: [String]) -> Element {
        Element("tr", with: ["class": kind], cells.map { Element("td", $0) })
    }
}
