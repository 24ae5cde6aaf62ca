/// What every report is: a run in, text out.

package import Results

package protocol Report {
    func render(_ run: RunRecord) -> String
}

/// A report that can set several implementations side by side.
package protocol Comparison: Report {
    /// - Parameter runs: one per implementation, in the order of the columns.
    func render(_ runs: [RunRecord]) -> String
}

extension Comparison {
    package func render(_ run: RunRecord) -> String { render([run]) }
}
