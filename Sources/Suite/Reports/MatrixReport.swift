/// The clauses × implementations as plain text.

package import Results
import Transcript

package struct MatrixReport: Comparison {
    private let catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ runs: [RunRecord]) -> String {
        var lines = runs.enumerated().map { "\($0.offset + 1)  \($0.element.start.server)" }
        let width = catalogue.clauses.map(\.id.utf8.count).max() ?? 0
        func row(_ head: String, _ cells: [String]) -> String {
            head + String(repeating: " ", count: width + 2 - head.utf8.count) + cells.joined(separator: " ")
        }
        let columns = runs.indices.map { String(($0 + 1) % 10) }
        for level in Level.allCases {
            let clauses = catalogue.clauses.filter { $0.level == level }
            if clauses.isEmpty { continue }
            lines += ["", row(level.rawValue, columns)]
            for clause in clauses {
                lines.append(row(clause.id, runs.map { ClauseCell(clause.id, in: $0).verdict.row.letter }))
            }
        }
        let legend = CaseVerdict.inMatrix.map { "\($0.row.letter) \($0.row.meaning)" }
        return (lines + ["", legend.joined(separator: " · ")]).joined(separator: "\n") + "\n"
    }
}

extension CaseVerdict {
    /// Those that a clause can have, the worst first.
    static var inMatrix: [CaseVerdict] {
        allCases.filter { !$0.row.letter.isEmpty }.sorted { $0.row.rank < $1.row.rank }
    }
}
