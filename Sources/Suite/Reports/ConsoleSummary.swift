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
        var lines: [String] = []
        for result in run.results.sorted(by: { $0.path < $1.path }) {
            let place = "\(name(result.path))  \(result.segmentation)"
            switch result.expectation {
            case .failed(let reason)?: lines.append("XFAIL  \(place): \(reason)")
            case .passed(let reason)?: lines.append("\(red("XPASS"))  \(place): it passes, so strike it out: \(reason)")
            case .failedOtherwise(let reason)?:
                let signature = result.failure?.signature ?? ""
                lines.append("OTHERWISE  \(place): not as expected, its signature is \(signature): \(reason)")
            case nil: break
            }
        }
        return lines
    }

    func oneLine(_ group: FailureGroup, as mark: String) -> String {
        let tag = group.failure.clause.map { "[\($0.id) \($0.level.rawValue)]" } ?? "[setup]"
        let cuts = ([group.segmentation] + group.alike).map(\.description).joined(separator: ", ")
        let what = "expected \(group.failure.expected.joined(separator: " or ")), received \(group.failure.received)"
        return "\(mark)  \(name(group.path)):\(group.failure.place.line)  \(tag)  \(cuts): \(what)"
    }

    func clauseLines(_ tally: Tally) -> [String] {
        var lines: [String] = []
        for level in [Level.must, .should] {
            let all = tally.clauses.filter { $0.clause.level == level }.inGroups(by: \.standing)
            func add(_ title: String, _ wanted: Tally.Standing, _ reason: String = "") {
                for (standing, clauses) in all where standing == wanted {
                    let ids = clauses.map(\.clause.id).joined(separator: " ")
                    lines.append("\(title)  \(level.rawValue)  \(ids)\(reason)")
                }
            }
            if isWhole { add("NOT REACHED", .notReached) }
            add("FAILED     ", .failed)
            add("ADAPTED    ", .adapted)
            for case (.notTested(let reason), _) in all { add("NOT TESTED ", .notTested(reason), ": \(reason)") }
        }
        return lines
    }

    func counts(_ tally: Tally, interrupted: Bool) -> String {
        var parts = ["\(tally.played) played: \(tally.passed) passed"]
        for (count, word) in [
            (tally.failed, "failed"), (tally.flaky, "flaky"), (tally.crashed, "crashed"), (tally.blocked, "blocked"),
            (tally.skipped, "not tested"),
            (tally.differing, "differing"), (tally.failedAsExpected, "failed as expected"),
            (tally.passedUnexpectedly, "passed unexpectedly"),
            (tally.adapted, "adapted"),
        ] where count > 0 { parts.append("\(count) \(word)") }
        let clauses = [Level.must, .should].map { level in
            "\(level.rawValue) \(tally.passed(level))/\(isWhole ? tally.all(level) : tally.reached(level))"
        }
        let text = parts.joined(separator: ", ") + " · clauses " + clauses.joined(separator: " ")
        let isGood = tally.failed + tally.flaky + tally.crashed + tally.blocked + tally.passedUnexpectedly == 0
        let coloured = isGood ? green(text) : red(text)
        return interrupted ? "interrupted · " + coloured : coloured
    }

    /// What the exit status says, in words.
    func sentence(_ run: RunRecord, _ tally: Tally) -> String {
        if run.interrupted { return "Not played to its end." }
        if run.isGood(catalogue) { return green("It passes: of what was tested no MUST failed.") }
        let failed = tally.clauses.count { $0.clause.level == .must && $0.standing == .failed }
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
