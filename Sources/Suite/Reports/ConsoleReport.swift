/// The report for people: every failure with its exchange, the summary last.

import Bytes
import Dialects
package import Results
import Transcript

package struct ConsoleReport: Report {
    package var isColoured = false
    package var isQuiet = false
    /// The whole suite was played, so that what is missing tells something.
    package var isWhole = true
    /// How a path is shown.
    package var name: @Sendable (String) -> String = { $0 }
    package var catalogue: Catalogue

    package init(catalogue: Catalogue) { self.catalogue = catalogue }

    package func render(_ run: RunRecord) -> String {
        let (results, foreign) = (run.results, run.start.foreign)
        let tally = run.tally(catalogue)
        let unexpected = results.filter { $0.verdict(foreign: foreign) != .expectedFailure }
        let groups = FailureGroup.inOrderOfMending(
            FailureGroup.groups(unexpected.filter { !$0.isTolerated(foreign: foreign) }), catalogue)
        let differing = FailureGroup.groups(results.filter { $0.isTolerated(foreign: foreign) })
        let judged = groups.filter { !$0.isBlocked }
        var lines: [String] = []
        if !isQuiet {
            for group in judged { lines += failure(group, run.start.target) + [""] }
            for causes in blocking(groups) { lines += blocked(causes, run.start.target) + [""] }
        }
        lines += skipped(results)
        lines += differing.map { oneLine($0, as: CaseVerdict.differs.rawValue) }
        lines += expectations(run)
        lines += tally.deviations.filter { $0.faultOf == nil }.map {
            "\(CaseVerdict.adapted.rawValue)  \($0.title): \($0.shown)"
        }
        lines += groups.map { oneLine($0, as: mark($0)) }
        lines += clauseLines(tally)
        let cuts = run.start.segmentations.map(\.description).joined(separator: ", ")
        lines.append("\(run.start.server) · \(cuts) · \(seconds(run.duration))")
        lines.append(counts(tally, interrupted: run.interrupted))
        if foreign && isWhole { lines.append(sentence(run, tally)) }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: One failure

    /// The lines of one failure.
    package func failure(_ group: FailureGroup, _ target: String?) -> [String] {
        let failure = group.failure
        let place = "\(name(group.path)):\(failure.place.line)"
        let segment = "segment=\(group.segmentation)"
        var lines = ["\(mark(group))  \(bold(place))   \(group.tag)   \(segment)   \(seconds(group.duration))"]
        if let clause = failure.clause.flatMap({ catalogue[$0.id] }) {
            lines.append("      \(clause.rule)")
            if let sheet = clause.sheet {
                lines.append("      The sheet: \"\(sheet)\"")
            } else if clause.level == .should {
                lines.append("      A recommendation: the sheet leaves it open.")
            }
            lines += clause.causes(seenIn: failure).map { "      Usual cause: \($0)" }
            let roots = group.roots(catalogue)
            if !roots.isEmpty { lines.append("      Failed too, mend first: \(roots.joined(separator: ", "))") }
        }
        if !failure.words.isEmpty { lines.append("      Here: \(failure.words)") }
        let width = max(4, (failure.exchange.map(\.who.count).max() ?? 0) + 1)
        lines += failure.exchange.map { exchangeLine($0, width) }
        lines += failure.place.inside.map { "         at  \($0)" }
        for (index, expected) in failure.expected.enumerated() {
            lines.append(
                "\(index == 0 ? margin(failure.place.line) + "   expected" : "               or")  \(expected)")
        }
        lines.append("         received  \(red(failure.received))   ✗ after \(milliseconds(failure.after))")
        lines += failure.details.map { "                   \($0)" }
        if let comparison = comparison(group) { lines.append("   " + comparison) }
        lines.append("   Server: \(failure.server); its clock: \(failure.clock)")
        lines += failure.log.map { "      | \(Visible.line(Array($0.utf8)))" }
        lines.append("   Again:  " + again(group, target))
        return lines
    }

    private func margin(_ line: Int) -> String {
        let number = String(line)
        return String(repeating: " ", count: max(0, 6 - number.count)) + number
    }

    /// What is typed to play it again.
    func again(_ group: FailureGroup, _ target: String?) -> String {
        let words = target.map { " " + $0 } ?? ""
        return "scripts/conformance\(words) --segment \(group.segmentation) \(name(group.path))"
    }

    private func exchangeLine(_ line: ExchangeLine, _ width: Int) -> String {
        let who = line.who + String(repeating: " ", count: width - line.who.count)
        return "\(margin(line.line))  \(who)\(Visible.line(line.bytes, total: line.count, limit: 120))"
    }

    /// With the transcript's other playings; nil where there was none.
    func comparison(_ group: FailureGroup) -> String? {
        if group.alike.isEmpty && group.passes.isEmpty && group.otherwise.isEmpty && group.rounds == 1 { return nil }
        func list(_ all: [Segmentation]) -> String {
            all.isEmpty ? "–" : all.map(\.description).joined(separator: ", ")
        }
        var text = "Fails alike: \(list(group.alike)).  Passes: \(list(group.passes))."
        for other in group.otherwise { text += "  Fails at line \(other.line): \(other.segmentation)." }
        if group.rounds > 1 { text += "  Failed in \(group.failedRounds) of \(group.rounds) rounds." }
        if group.passes == [.flight] { text += "  It passes only when one write carries whole commands." }
        return text
    }

    func mark(_ group: FailureGroup) -> String {
        let verdict: CaseVerdict? = group.isFlaky ? .flaky : group.isBlocked ? .blocked : nil
        return red(verdict?.rawValue ?? group.failure.verdict.rawValue)
    }

    // MARK: Figures and colours

    func seconds(_ duration: Duration) -> String { Figures.seconds(duration, digits: 2) + " s" }
    private func milliseconds(_ duration: Duration) -> String {
        Figures.decimal(duration / .microseconds(100), 1) + " ms"
    }

    func red(_ text: String) -> String { isColoured ? "\u{1b}[31m\(text)\u{1b}[0m" : text }
    func green(_ text: String) -> String { isColoured ? "\u{1b}[32m\(text)\u{1b}[0m" : text }
    func bold(_ text: String) -> String { isColoured ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
}

extension FailureGroup {
    var isBlocked: Bool { failure.clause == nil && failure.verdict != .crash }
}
