/// The clauses that transcripts cite, as `conformance/clauses.txt` holds them.

/// One clause of docs/PROTOCOL.md.
package struct Clause: Sendable, Equatable {
    /// Where a clause comes from: the assignment's words, what they come to, or our own care.
    package enum Source: String, Sendable, CaseIterable { case sheet, follows, ours }

    package let id: String
    package let level: Level
    package let source: Source
    /// The clause itself.
    package internal(set) var rule = ""
    /// The assignment sheet's sentence behind it; every MUST has one.
    package internal(set) var sheet: String?
    /// One line.
    package internal(set) var why: String?
    /// What usually is wrong where it fails.
    package internal(set) var cause: String?
    /// How it can be seen: w wire, l the directory's log, d control of the directory, c clock, p process or disk.
    package internal(set) var observed = ""

    /// What a failure quotes: the sheet's sentence where there is one.
    package var quotation: String { sheet ?? rule }
}

package struct Catalogue: Sendable {
    /// In the order of the file.
    package let clauses: [Clause]

    /// nil for an id that is not in it.
    package subscript(id: String) -> Clause? { clauses.first { $0.id == id } }

    /// Throws every line that is not understood.
    package init(parsing bytes: [UInt8], path: String) throws(ParseErrors) {
        var clauses: [Clause] = []
        var errors: [ParseError] = []
        for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            do throws(Fault) { try Catalogue.take(String(decoding: line, as: UTF8.self), into: &clauses) } catch {
                let message = error.message
                errors.append(
                    ParseError(
                        path: path, line: number + 1, column: error.column, message: message, source: Array(line)))
            }
        }
        guard errors.isEmpty else { throw ParseErrors(errors) }
        self.clauses = clauses
    }

    private static func take(_ line: String, into clauses: inout [Clause]) throws(Fault) {
        if line.isEmpty || line.hasPrefix("#") { return }
        if let colon = line.firstIndex(of: ":"), line[..<colon].allSatisfy(\.isLowercase), !clauses.isEmpty {
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            guard !value.isEmpty else { throw Fault(column: line.utf8.count + 1, message: "nothing stands behind it") }
            return try set(String(line[..<colon]), String(value), of: &clauses[clauses.count - 1])
        }
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, let level = Level(rawValue: words[1]), let source = Clause.Source(rawValue: words[2])
        else { throw Fault(column: 1, message: "a clause begins \"ID LEVEL SOURCE\", such as \"BAN-1 MUST sheet\"") }
        guard !clauses.contains(where: { $0.id == words[0] }) else {
            throw Fault(column: 1, message: "\(words[0]) was here before")
        }
        clauses.append(Clause(id: words[0], level: level, source: source))
    }

    private static func set(_ key: String, _ value: String, of clause: inout Clause) throws(Fault) {
        switch key {
        case "rule": clause.rule = value
        case "sheet": clause.sheet = value
        case "why": clause.why = value
        case "cause": clause.cause = value
        case "observed": clause.observed = value
        default: throw Fault(column: 1, message: "no such key: there are rule, sheet, why, observed, cause")
        }
    }
}
