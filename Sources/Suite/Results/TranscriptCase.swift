/// One transcript with all its playings, as CI counts it: the worst of them decides.

import Transcript

package struct TranscriptCase {
    package let path: String
    package let title: String
    package let verdict: CaseVerdict
    package let reason: String?
    package let duration: Duration
    /// Of the playing that decides, with what the others did.
    package let group: FailureGroup?

    /// Where a reader should look.
    package var line: Int { group?.failure.place.line ?? 1 }
    /// "ban" of "ban/one-minute.transcript".
    package var folder: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
    /// "one-minute" of it.
    package var name: String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.hasSuffix(".transcript") ? file.dropLast(11) : file)
    }

    /// In the order of their paths.
    package static func all(_ run: RunRecord) -> [TranscriptCase] {
        Dictionary(grouping: run.results, by: \.path).sorted { $0.key < $1.key }.map { path, results in
            let foreign = run.start.foreign
            let rank = { (result: TranscriptResult) in result.verdict(foreign: foreign).row.rank }
            let worst = results.min { (rank($0), $0.segmentation.rank) < (rank($1), $1.segmentation.rank) }!
            let verdict = worst.verdict(foreign: foreign)
            // The group is named after the first that failed; it has to be the one that decides.
            let alike = results.filter { $0.failure == nil || $0.verdict(foreign: foreign) == verdict }
            return TranscriptCase(
                path: path, title: worst.title, verdict: verdict, reason: worst.reason,
                duration: results.reduce(.zero) { $0 + $1.duration },
                group: worst.failure == nil ? nil : FailureGroup.groups(alike).first)
        }
    }
}

extension FailureGroup {
    /// One line: what was expected, what came.
    package var difference: String {
        "expected \(failure.expected.joined(separator: " or ")), received \(failure.received)"
    }
    /// "[BAN-1 MUST]"
    package var tag: String { failure.clause.map { "[\($0.id) \($0.level.rawValue)]" } ?? "[setup]" }
}
