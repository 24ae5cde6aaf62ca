/// The end of the report for people: what was not tested and why, a line for each failure, clauses and counts.

import Transcript

extension ConsoleReport {
    func blocking(_ groups: [FailureGroup]) -> [[FailureGroup]] {
        var byCause: [(cause: String, groups: [FailureGroup])] = []
        for group in groups where group.isBlocked {
            if let index = byCause.firstIndex(where: { $0.cause == group.cause }) {
                byCause[index].groups.append(group)
            } else {
                byCause.append((group.cause, [group]))
            }
        }
        return byCause.map(\.groups)
    }

    func blocked(_ groups: [FailureGroup], _ target: String?) -> [String] {
        let more = groups.count - 1
        let rest =
            more == 0 ? [] : ["   \(more) further transcript\(more == 1 ? "" : "s") not tested because of the same"]
        return failure(groups[0], target) + rest
    }

    func skipped(_ results: [TranscriptResult]) -> [String] {
        var counts: [(reason: String, paths: Set<String>)] = []
        for result in results {
            guard let reason = result.untested else { continue }
            if let index = counts.firstIndex(where: { $0.reason == reason }) {
                counts[index].paths.insert(result.path)
            } else {
                counts.append((reason, [result.path]))
            }
        }
        return counts.map { count in
            let paths = count.paths.map(name).sorted()
            return "NOT TESTED  \(count.reason): \(paths.prefix(3).joined(separator: ", "))"
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
        func ids(_ level: Level, _ standing: (Tally.Standing) -> Bool) -> [String] {
            tally.clauses.filter { $0.clause.level == level && standing($0.standing) }.map(\.clause.id)
        }
        var lines: [String] = []
        for level in [Level.must, .should] {
            let missing = ids(level) { $0 == .notReached }
            if isWhole && !missing.isEmpty {
                lines.append("NOT REACHED  \(level.rawValue)  \(missing.joined(separator: " "))")
            }
            let failed = ids(level) { $0 == .failed }
            if !failed.isEmpty { lines.append("FAILED       \(level.rawValue)  \(failed.joined(separator: " "))") }
            let adapted = ids(level) { $0 == .adapted }
            if !adapted.isEmpty { lines.append("ADAPTED      \(level.rawValue)  \(adapted.joined(separator: " "))") }
            for (reason, clauses) in untested(level, tally) {
                lines.append("NOT TESTED   \(level.rawValue)  \(clauses.joined(separator: " ")): \(reason)")
            }
        }
        return lines
    }

    private func untested(_ level: Level, _ tally: Tally) -> [(reason: String, clauses: [String])] {
        var found: [(reason: String, clauses: [String])] = []
        for (clause, standing) in tally.clauses where clause.level == level {
            guard case .notTested(let reason) = standing else { continue }
            if let index = found.firstIndex(where: { $0.reason == reason }) {
                found[index].clauses.append(clause.id)
            } else {
                found.append((reason, [clause.id]))
            }
        }
        return found
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
