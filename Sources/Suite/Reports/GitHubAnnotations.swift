/// What GitHub Actions shows at the lines of a pull request: workflow commands, one per transcript in trouble.

import Bytes
package import Results
import Transcript

package struct GitHubAnnotations: Report {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ run: RunRecord) -> String { lines(run).map { $0 + "\n" }.joined() }

    func lines(_ run: RunRecord) -> [String] {
        TranscriptCase.all(run).compactMap { each in
            guard let level = level(each, foreign: run.start.foreign) else { return nil }
            let file = run.start.folder.isEmpty ? each.path : run.start.folder + "/" + each.path
            let title = ([each.verdict.rawValue] + (each.group.map { [$0.tag] } ?? [])).joined(separator: " ")
            let place = "file=\(property(file)),line=\(each.line),title=\(property(title))"
            return "::\(level.rawValue) \(place)::\(data(message(each)))"
        }
    }

    /// An error makes CI red; a SHOULD does not, where the server is somebody else's.
    private func level(_ each: TranscriptCase, foreign: Bool) -> CaseVerdict.Annotation? {
        let isMust = each.group?.failure.clause?.level == .must
        return each.verdict.row.trouble == .ofMust && foreign && !isMust ? .warning : each.verdict.row.annotation
    }

    private func message(_ each: TranscriptCase) -> String {
        guard let group = each.group else { return "\(each.title): \(each.reason ?? "")" }
        var text = group.difference
        if let clause = group.failure.clause.flatMap({ catalogue[$0.id] }) {
            text += "\n\(clause.rule) (PROTOCOL.md, \(clause.id))"
            for cause in clause.causes(seenIn: group.failure) { text += "\nUsual cause: \(cause)" }
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
}
