/// The clauses of the protocol as conformance/clauses.txt states them: what a transcript may cite, and what a
/// failure quotes.

package import Transcript

package struct CatalogueClause: Sendable, Equatable {
    package enum Source: String, Sendable { case sheet, follows, ours }
    package var id: String
    package var level: Level
    package var source: Source
    /// The clause, as in docs/PROTOCOL.md.
    package var rule = ""
    /// The assignment sheet's sentence behind it; every MUST has one.
    package var sheet: String?
    package var why: String?
    /// w wire, l directory's log, d control of the directory, c clock, p process or disk.
    package var observed = ""
    /// Clauses that its transcripts build upon.
    package var first: [String] = []
    /// What usually is wrong where it fails.
    package var causes: [CatalogueCause] = []
}

package struct Catalogue: Sendable, Equatable {
    /// In the order of the file.
    package private(set) var clauses: [CatalogueClause] = []
    /// The clauses that took the place of one that is no more, by its id.
    package private(set) var retired: [String: [String]] = [:]
    private var positions: [String: Int] = [:]

    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "clauses.txt:\(line): error: \(message)" }
    }

    package init() {}

    /// Reads blocks parted by empty lines: "ID LEVEL SOURCE", then "key: value" lines; or "ID retired: ID…" alone. "#"
    /// begins a comment line.
    package init(parsing text: String) throws(Fault) {
        var isOpen = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            if line.hasPrefix("#") { continue }
            if line.isEmpty {
                isOpen = false
            } else if !isOpen, let gap = line.firstRange(of: " retired: ") {
                try retire(line[..<gap.lowerBound], line[gap.upperBound...], number)
            } else if isOpen {
                try add(key: line, number)
            } else {
                try begin(line, number)
                isOpen = true
            }
        }
        if let clause = clauses.first(where: { $0.level == .must && $0.sheet == nil }) {
            throw Fault(line: 0, message: "\(clause.id) is a MUST without the sheet's sentence")
        }
        for clause in clauses {
            if let unknown = clause.first.first(where: { positions[$0] == nil }) {
                throw Fault(line: 0, message: "\(clause.id) comes after \(unknown), which is no clause")
            }
        }
        for (id, successors) in retired {
            guard positions[id] == nil else { throw Fault(line: 0, message: "\(id) is retired and stated too") }
            if let unknown = successors.first(where: { positions[$0] == nil }) {
                throw Fault(line: 0, message: "\(id) is retired for \(unknown), which is no clause")
            }
        }
    }

    /// From the first in the file on: what others build upon comes before them, as far as it can.
    package func position(_ id: String) -> Int { positions[id] ?? clauses.count }

    package subscript(id: String) -> CatalogueClause? { positions[id].map { clauses[$0] } }

    /// What is meant by an id today: the clause itself, the successors of a retired one, or nothing.
    package func successors(of id: String) -> [String] { positions[id] != nil ? [id] : retired[id] ?? [] }

    private mutating func retire(_ id: Substring, _ successors: Substring, _ number: Int) throws(Fault) {
        let ids = successors.split(separator: " ").map(String.init)
        guard !ids.isEmpty else { throw Fault(line: number, message: "\(id) is retired: name what took its place") }
        guard retired.updateValue(ids, forKey: String(id)) == nil else {
            throw Fault(line: number, message: "\(id) stands here twice")
        }
    }

    private mutating func begin(_ line: Substring, _ number: Int) throws(Fault) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, let level = Level(rawValue: words[1]),
            let source = CatalogueClause.Source(rawValue: words[2])
        else { throw Fault(line: number, message: "a block begins with 'ID LEVEL SOURCE', not '\(line)'") }
        guard positions[words[0]] == nil else { throw Fault(line: number, message: "\(words[0]) stands here twice") }
        positions[words[0]] = clauses.count
        clauses.append(CatalogueClause(id: words[0], level: level, source: source))
    }

    private mutating func add(key line: Substring, _ number: Int) throws(Fault) {
        guard let colon = line.firstIndex(of: ":") else {
            throw Fault(line: number, message: "'key: value' is missing its colon")
        }
        let value = String(line[line.index(after: colon)...].drop { $0 == " " })
        let last = clauses.count - 1
        switch line[..<colon] {
        case "rule": clauses[last].rule = value
        case "sheet": clauses[last].sheet = value
        case "why": clauses[last].why = value
        case "observed": clauses[last].observed = value
        case "first": clauses[last].first = value.split(separator: " ").map(String.init)
        case let key where key == "cause" || key.hasPrefix("cause["):
            clauses[last].causes.append(
                CatalogueCause(observations: try observations(key.dropFirst(5), number), text: value))
        default: throw Fault(line: number, message: "unknown key '\(line[..<colon])'")
        }
    }
    /// "[closed,signal=13]", or nothing.
    private func observations(_ list: Substring, _ number: Int) throws(Fault) -> [Observation] {
        var observations: [Observation] = []
        for word in list.dropFirst().dropLast().split(separator: ",") {
            guard let observation = Observation(word) else {
                throw Fault(line: number, message: "'\(word)' is nothing that can be observed")
            }
            observations.append(observation)
        }
        guard list.isEmpty || (list.last == "]" && !observations.isEmpty) else {
            throw Fault(line: number, message: "a cause is 'cause: …' or 'cause[OBSERVATION,…]: …'")
        }
        return observations
    }
}
