/// The report that CI servers read: one case per transcript, with its file and line.

package import Results
import Transcript

package struct JUnitReport {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ events: [RunEvent]) -> String {
        let run = RunRecord(events)
        let cases = TranscriptCase.all(run)
        var folders: [(name: String, cases: [TranscriptCase])] = []
        for each in cases {
            if folders.last?.name != each.folder { folders.append((each.folder, [])) }
            folders[folders.count - 1].cases.append(each)
        }
        var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
        lines.append("<testsuites \(counts(cases, name: "twmailer-conformance"))>")
        for folder in folders {
            let skipped = folder.cases.count { [.notTested, .expectedFailure].contains($0.verdict) }
            let name = folder.name.isEmpty ? "." : folder.name
            lines.append("  <testsuite \(counts(folder.cases, name: name)) skipped=\"\(skipped)\">")
            lines += properties(run.start)
            for each in folder.cases { lines += testcase(each, run.start) }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private func counts(_ cases: [TranscriptCase], name: String) -> String {
        func count(_ verdicts: CaseVerdict...) -> Int { cases.count { verdicts.contains($0.verdict) } }
        return "name=\"\(Markup.escaped(name))\" tests=\"\(cases.count)\""
            + " failures=\"\(count(.fail, .flaky, .unexpectedPass))\" errors=\"\(count(.crash, .blocked))\""
            + " time=\"\(Figures.seconds(cases.reduce(.zero) { $0 + $1.duration }, digits: 3))\""
    }

    private func properties(_ start: RunStart) -> [String] {
        var pairs = [("server", start.server), ("suite-version", start.version)]
        pairs.append(("segmentations", start.segmentations.map(\.description).joined(separator: ",")))
        if let seed = start.seed { pairs.append(("seed", String(seed))) }
        if let partition = start.partition { pairs.append(("partition", partition.description)) }
        let lines = pairs.map { "      <property name=\"\($0.0)\" value=\"\(Markup.escaped($0.1))\"/>" }
        return ["    <properties>"] + lines + ["    </properties>"]
    }

    private func testcase(_ each: TranscriptCase, _ start: RunStart) -> [String] {
        let file = start.folder.isEmpty ? each.path : start.folder + "/" + each.path
        let open =
            "    <testcase classname=\"\(Markup.escaped(each.folder))\" name=\"\(Markup.escaped(each.name))\""
            + " file=\"\(Markup.escaped(file))\" line=\"\(each.line)\""
            + " time=\"\(Figures.seconds(each.duration, digits: 3))\""
        let inside = inside(each, start.target)
        return inside.isEmpty ? [open + "/>"] : [open + ">"] + inside + ["    </testcase>"]
    }

    private func inside(_ each: TranscriptCase, _ target: String?) -> [String] {
        switch each.verdict {
        case .pass: []
        case .fail, .flaky: [element("failure", each, target, each.group?.difference ?? "")]
        case .crash, .blocked: [element("error", each, target, each.group?.difference ?? "")]
        case .unexpectedPass:
            [element("failure", each, target, "passes, but was expected to fail: \(each.reason ?? "")")]
        case .expectedFailure: ["      <skipped message=\"\(Markup.escaped("XFAIL: " + (each.reason ?? "")))\"/>"]
        case .notTested: ["      <skipped message=\"\(Markup.escaped(each.reason ?? ""))\"/>"]
        case .adapted: ["      <system-out>\(Markup.escaped("ADAPTED: " + (each.reason ?? "")))</system-out>"]
        case .differs: ["      <system-out>\(text(each, target))</system-out>"]
        }
    }

    private func element(_ name: String, _ each: TranscriptCase, _ target: String?, _ message: String) -> String {
        let type = ([each.verdict.rawValue] + (each.group.map { [$0.tag] } ?? [])).joined(separator: " ")
        return "      <\(name) type=\"\(Markup.escaped(type))\" message=\"\(Markup.escaped(message))\">"
            + "\(text(each, target))</\(name)>"
    }

    private func text(_ each: TranscriptCase, _ target: String?) -> String {
        guard let group = each.group else { return "" }
        var lines = ConsoleReport(catalogue: catalogue).failure(group, target)
        lines.append("   Signature: \(group.failure.signature)")
        return Markup.escaped("\n" + lines.joined(separator: "\n") + "\n")
    }
}

/// Numbers as reports write them, with a point in every locale.
enum Figures {
    static func seconds(_ duration: Duration, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return decimal(duration / .seconds(1) * scale, digits)
    }

    /// `scaled` is the number times ten to the power of `digits`.
    static func decimal(_ scaled: Double, _ digits: Int) -> String {
        let number = String(Int(scaled.rounded()))
        let padded = String(repeating: "0", count: max(0, digits + 1 - number.count)) + number
        return padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}
