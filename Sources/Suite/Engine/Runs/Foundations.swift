/// What everything else builds upon: each established once, under its own clause, before other transcripts are played.

import Results
import Synchronization
package import Transcript

/// Of a foreign server. Shared by the threads of a run.
package final class Foundations: Sendable {
    /// A foundation that does not hold, and the transcript that showed it, by its folder and file.
    package struct Broken: Sendable, Equatable {
        package let clause: String
        package let path: String
        package var advice: String { "fix \(clause) first (\(path))" }
    }

    /// Without it nothing that a server says tells anything.
    private static let first = "LOGIN-1"

    /// In the order in which they are established.
    let transcripts: [Transcript]
    private let macros: [String: Macro]
    private let state = Mutex<[Broken]>([])

    /// - Parameter all: the suite's transcripts; those whose header names a foundation are taken.
    package init(_ all: [Transcript], dialect: [Transcript]) {
        transcripts = all.filter { $0.header.foundation != nil }.sorted { $0.path < $1.path }
        macros = Macro.all(in: dialect)
    }

    /// Those that one of `chosen` needs, with what they need themselves.
    func needed(by chosen: [Transcript]) -> [Transcript] {
        let clauses = Set(chosen.flatMap { needs(of: $0) })
        return transcripts.filter { clauses.contains($0.header.foundation ?? "") }
    }

    /// Takes down what playing a foundation's transcript has shown.
    func note(_ result: TranscriptResult, of transcript: Transcript) {
        guard let clause = transcript.header.foundation else { return }
        let outcomes = result.outcomes.filter { $0.clause.id == clause }
        let hasFailed = outcomes.contains { $0.verdict == .fail || $0.verdict == .crash }
        // What could not be judged speaks against nothing, but where no LOGIN is there is nothing to judge.
        let isMissing = clause == Foundations.first && result.failure == nil && !outcomes.contains { $0.isGood }
        guard hasFailed || isMissing else { return }
        let name = result.path.split(separator: "/").suffix(2).joined(separator: "/")
        state.withLock { $0.append(Broken(clause: clause, path: name)) }
    }

    /// The first of `clauses` that does not hold, in the order in which foundations are established.
    func broken(among clauses: some Sequence<String>) -> Broken? {
        let wanted = Set(clauses)
        return state.withLock { $0.first { wanted.contains($0.clause) } }
    }

    /// Why `transcript` cannot be judged; nil: it can.
    func obstacle(to transcript: Transcript) -> Broken? {
        broken(among: needs(of: transcript).subtracting([transcript.header.foundation ?? ""]))
    }

    /// The foundations that its steps use, by what they are tagged with and what their macros carry.
    private func needs(of transcript: Transcript) -> Set<String> {
        let own = Macro.all(in: [transcript])
        let known = macros.merging(own) { $1 }
        var used = transcript.steps.givens(known, above: []).union([Foundations.first])
        // What a foundation needs itself stands before it.
        for foundation in transcripts.reversed() where used.contains(foundation.header.foundation ?? "") {
            used.formUnion(foundation.steps.givens(known, above: []))
        }
        return used
    }
}

extension Macro {
    /// Those that `files` define, by name.
    static func all(in files: [Transcript]) -> [String: Macro] {
        var macros: [String: Macro] = [:]
        for file in files {
            for case .define(let name, let parameters, let options, let given, let body) in file.steps.map(\.action) {
                macros[name] = Macro(
                    name: name, parameters: parameters, options: options, given: given, body: body,
                    path: file.path.split(separator: "/").last.map(String.init))
            }
        }
        return macros
    }
}

extension [Step] {
    fileprivate func givens(_ macros: [String: Macro], above: Set<String>) -> Set<String> {
        reduce(into: []) { found, step in
            switch step.action {
            case .given(let id, _): found.insert(id)
            case .call("find", _, _, _): found.insert("READ-1")
            case .call(let name, _, _, _):
                guard let macro = macros[name], !above.contains(name) else { break }
                if let given = macro.given { found.insert(given) }
                found.formUnion(macro.body.givens(macros, above: above.union([name])))
            case .define: break
            default: for body in step.action.bodies ?? [] { found.formUnion(body.givens(macros, above: above)) }
            }
        }
    }
}
