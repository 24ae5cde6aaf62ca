/// The report that CI servers read: one case per transcript, with its file and line.

package import Results
import Transcript

package struct JUnitReport: Report {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ run: RunRecord) -> String {
        let cases = TranscriptCase.all(run)
        var folders: [(name: String, cases: [TranscriptCase])] = []
        for each in cases {
            if folders.last?.name != each.folder { folders.append((each.folder, [])) }
            folders[folders.count - 1].cases.append(each)
        }
        let suites = folders.map { folder, cases in
            let children = [properties(run.start)] + cases.map { testcase($0, run.start) }
            var suite = suite("testsuite", folder.isEmpty ? "." : folder, cases, children)
            suite.attributes.append(("skipped", String(count(.skipped, cases))))
            return suite
        }
        let root = suite("testsuites", "twmailer-conformance", cases, suites)
        return ([#"<?xml version="1.0" encoding="UTF-8"?>"#] + root.lines(.xml)).joined(separator: "\n") + "\n"
    }

    private func suite(
        _ element: String, _ name: String, _ cases: [TranscriptCase], _ children: [Element]
    ) -> Element {
        let time = cases.reduce(.zero) { $0 + $1.duration }
        return Element(
            block: element,
            with: [
                "name": name, "tests": String(cases.count), "failures": String(count(.failure, cases)),
                "errors": String(count(.error, cases)), "time": Figures.seconds(time, digits: 3),
            ], children)
    }

    private func count(_ element: CaseVerdict.JUnitElement, _ cases: [TranscriptCase]) -> Int {
        cases.count { $0.verdict.row.element == element }
    }

    private func properties(_ start: RunStart) -> Element {
        var pairs = [("server", start.server), ("suite-version", start.version)]
        pairs.append(("segmentations", start.segmentations.map(\.description).joined(separator: ",")))
        if let seed = start.seed { pairs.append(("seed", String(seed))) }
        if let partition = start.partition { pairs.append(("partition", partition.description)) }
        return Element(block: "properties", pairs.map { Element("property", with: ["name": $0.0, "value": $0.1]) })
    }

    private func testcase(_ each: TranscriptCase, _ start: RunStart) -> Element {
        let file = start.folder.isEmpty ? each.path : start.folder + "/" + each.path
        return Element(
            block: "testcase",
            with: [
                "classname": each.folder, "name": each.name, "file": file, "line": String(each.line),
                "time": Figures.seconds(each.duration, digits: 3),
            ], each.verdict.row.element.map { [outcome(each, $0, start.target)] } ?? [])
    }

    private func outcome(
        _ each: TranscriptCase, _ element: CaseVerdict.JUnitElement, _ target: String?
    ) -> Element {
        let (word, reason) = (each.verdict.rawValue, each.reason ?? "")
        switch element {
        case .failure, .error:
            let type = ([word] + (each.group.map { [$0.tag] } ?? [])).joined(separator: " ")
            let message = each.group?.difference ?? "\(each.verdict.row.meaning): \(reason)"
            return Element(element.rawValue, with: ["type": type, "message": message], text(each, target))
        case .skipped:
            return Element(
                element.rawValue, with: ["message": each.verdict == .notTested ? reason : "\(word): \(reason)"])
        case .output:
            return Element(element.rawValue, each.group == nil ? "\(word): \(reason)" : text(each, target))
        }
    }

    private func text(_ each: TranscriptCase, _ target: String?) -> String {
        guard let group = each.group else { return "" }
        let lines = ConsoleReport(catalogue: catalogue).failure(group, target)
        return "\n" + (lines + ["   Signature: \(group.failure.signature)"]).joined(separator: "\n") + "\n"
    }
}
