/// Selects the transcripts that a run plays: by clause, path, level, tag and regular expression.

import Posix
package import Results
package import Transcript

package struct Selection: Sendable {
    package enum Depth: String, Sendable, CaseIterable { case sheet, must, should, may }

    /// "BAN-1", or "BAN" for the whole family; any of them.
    package var clauses: [String] = []
    package var depth: Depth?
    package var filter: String?
    package var skip: String?
    /// Any of them, as in the header's tags.
    package var tags: [String] = []

    package init() {}

    /// Whether an argument names clauses rather than a path.
    package static func isClause(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let family = parts.first, !family.isEmpty, parts.count <= 2 else { return false }
        return family.allSatisfy { ("A"..."Z").contains($0) } && parts.dropFirst().allSatisfy { Int($0) != nil }
    }

    package func includes(_ transcript: Transcript, named name: String, catalogue: Catalogue) -> Bool {
        let ids = transcript.tags.map(\.clause.id)
        let clauses = self.clauses.flatMap { catalogue[$0] == nil ? catalogue.retired[$0] ?? [$0] : [$0] }
        if !clauses.isEmpty && !ids.contains(where: { id in clauses.contains { id == $0 || id.hasPrefix($0 + "-") } }) {
            return false
        }
        if let depth, !transcript.tags.contains(where: { reaches(depth, $0.clause, catalogue) }) { return false }
        if !tags.isEmpty && !transcript.header.tags.contains(where: tags.contains) { return false }
        let words = ([name, transcript.header.title] + ids + transcript.header.tags).joined(separator: "\n")
        if let filter, !found(filter, in: words) { return false }
        if let skip, found(skip, in: words) { return false }
        return true
    }

    private func reaches(_ depth: Depth, _ clause: ClauseID, _ catalogue: Catalogue) -> Bool {
        switch depth {
        case .sheet: catalogue[clause.id]?.source == .sheet
        case .must: clause.level == .must
        case .should: clause.level == .must || clause.level == .should
        case .may: clause.level != .ref
        }
    }

    private func found(_ pattern: String, in text: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.contains(regex)
    }
}
