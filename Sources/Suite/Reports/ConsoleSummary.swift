/// The end of the report for people: what was not tested and why, a line for each failure, clauses and counts.

import Results
import Transcript

extension ConsoleReport {
    func blocking(_ groups: [FailureGroup]) -> [[FailureGroup]] {
        groups.filter(\.isBlocked).inGroups(by: \.cause).map(\.members)
    }

    func blocked(_ groups: [FailureGroup], _ target: String?) -> [String] {
        let more = groups.count - 1
        let rest =
            more == 0 ? [] : ["   \(more) further transcript\(more == 1 ? "" : "s") not tested because of the same"]
        return failure(groups[0], target) + rest
    }

    func skipped(_ results: [TranscriptResult]) -> [String] {
        results.filter { $0.untested != nil }.inGroups { $0.untested ?? "" }.map { reason, results in
            let paths = Set(results.map(\.path)).map(name).sorted()
            return "NOT TESTED  \(reason): \(paths.prefix(3).joined(separator: ", "))"
                + (paths.count > 3 ? " and \(paths.count - 3) more" : "")
        }
    }

    /// What --expected-failures foretold, and where it was wrong.
    func expectations(_ run: RunRecord) -> [String] {
        run.results.sorted { $0.path < $1.path }.compactMap { result in
            guard let expectation = result.expectation else { return nil }
            let place = "\(name(result.path))  \(result.segmentation)"
            switch expectation.met {
            case .failed: return "XFAIL  \(place): \(expectation.reason)"
            case .passed: return "\(red("XPASS"))  \(place): it passes, so strike it out: \(expectation.reason)"
            case .failedOtherwise:
                let signature = result.failure?.signature ?? ""
                return "OTHERWISE  \(place): not as expected, its signature is \(signature): \(expectation.reason)"
            }
        }
    }

    func oneLine(_ group: FailureGroup, as mark: String) -> String {
        let cuts = ([group.segmentation] + group.alike).map(\.description).joined(separator: ", ")
        return "\(mark)  \(name(group.path)):\(group.failure.place.line)  \(group.tag)  \(cuts): \(group.difference)"
    }

    func clauseLines(_ tally: Tally) -> [String] {
        var lines: [String] = []
        for level in [Level.must, .should] {
            let all = tally.clauses.filter { $0.clause.level == level }
            func add(_ title: String, _ clauses: [Tally.Standing], _ reason: String = "") {
                if clauses.isEmpty { return }
                let ids = clauses.map(\.clause.id).joined(separator: " ")
                lines.append("\(title)  \(level.rawValue)  \(ids)\(reason)")
            }
            if isWhole { add("NOT REACHED", all.filter { $0.verdict == nil }) }
            add("FAILED     ", all.filter { $0.verdict == .fail })
            add("ADAPTED    ", all.filter { $0.verdict == .adapted })
            for (reason, clauses) in all.filter({ $0.verdict == .notTested }).inGroups(by: \.reason) {
                add("NOT TESTED ", clauses, ": \(reason ?? "")")
            }
        }
        return lines
    }

    /// Behind the number of those that passed, in this order.
    private static let counted: [CaseVerdict] = [
        .fail, .flaky, .crash, .blocked, .notTested, .differs, .expectedFailure, .unexpectedPass, .adapted,
    ]

    func counts(_ tally: Tally, interrupted: Bool) -> String {
        let others = ConsoleReport.counted.filter { tally[$0] > 0 }.map { "\(tally[$0]) \($0.row.counted)" }
        let parts = ["\(tally.played) played: \(tally[.pass]) passed"] + others
        let clauses = [Level.must, .should].map { level in
            "\(level.rawValue) \(tally.passed(level))/\(isWhole ? tally.all(level) : tally.reached(level))"
        }
        let text = parts.joined(separator: ", ") + " · clauses " + clauses.joined(separator: " ")
        let coloured = tally.troubles == 0 ? green(text) : red(text)
        return interrupted ? "interrupted · " + coloured : coloured
    }

    /// What the exit status says, in words.
    func sentence(_ run: RunRecord, _ tally: Tally) -> String {
        if run.interrupted { return "Not played to its end." }
        if run.unjudged != nil { return red("It is not known whether it passes: nothing could be judged.") }
        if run.isGood { return green("It passes: of what was tested no MUST failed.") }
        let failed = tally.clauses.count { $0.clause.level == .must && $0.verdict == .fail }
        return red("It does not pass: \(failed) MUST clause\(failed == 1 ? "" : "s") failed; what crashed counts too.")
    }
}

extension Sequence {
    /// Those with the same key together, in the order in which the keys come first.
    fileprivate func inGroups<Key: Equatable>(by key: (Element) -> Key) -> [(key: Key, members: [Element])] {
        var groups: [(key: Key, members: [Element])] = []
        for element in self {
            let key = key(element)
            if let index = groups.firstIndex(where: { $0.key == key }) {
                groups[index].members.append(element)
            } else {
                groups.append((key, [element]))
            }
        }
        return groups
    }
}
