/// What is wrong with a transcript that parses: names that nothing stands for, clauses that do not exist.

/// A check without a server. It finds what would stop a run half-way, and tags that the catalogue contradicts.
package struct Lint {
    /// Macros of the dialect.
    private let dialect: [String: Macro]
    private let levels: [String: Level]?
    /// The clauses that took the place of a retired one, by its id.
    private let retired: [String: [String]]
    /// Users of the directory; nil: not known.
    private let users: Set<String>?

    /// `levels`: the catalogue's clauses by id; nil: not known.
    package init(
        dialect: Transcript?, levels: [String: Level]?, retired: [String: [String]] = [:], users: Set<String>?
    ) {
        self.dialect = Macro.all(in: dialect?.steps ?? [])
        (self.levels, self.retired, self.users) = (levels, retired, users)
    }

    /// Without a column of their own: the start of the step. In the order of the file; empty: nothing to complain of.
    package func findings(in transcript: Transcript) -> [ParseError] {
        let macros = dialect.merging(Macro.all(in: transcript.steps)) { $1 }
        var walk = LintWalk(transcript: transcript, macros: macros, levels: levels, retired: retired)
        for user in transcript.header.users where users.map({ !$0.contains(user) }) ?? false {
            walk.complain(1, "the directory has no user \"\(user)\"")
        }
        var scope = LintScope(names: LintScope.predefined)
        walk.steps(transcript.steps, &scope)
        walk.endSection()
        walk.needs()
        walk.foundation()
        if !walk.judges, !transcript.path.hasSuffix(".dialect") {
            walk.complain(1, "no clause is judged: give an expectation a tag")
        }
        return ParseErrors(walk.findings).errors
    }
}

/// What a call must know of a macro.
struct Macro {
    var parameters: [String]
    var options: Set<String>
    /// The clause of the verb that it speaks.
    var given: String?

    static func all(in steps: [Step]) -> [String: Macro] {
        var macros = ["find": Macro(parameters: ["subject"], options: ["as", "max"], given: "READ-1")]
        for step in steps {
            guard case .define(let name, let parameters, let options, let given, _) = step.action else { continue }
            macros[name] = Macro(parameters: parameters, options: Set(options.map(\.key)), given: given)
        }
        return macros
    }
}

/// The names in reach of a step.
struct LintScope {
    static let predefined: Set<String> = ["own", "other", "third"]
    var names: Set<String>
    /// Inside a `def` a user may be any value in reach; elsewhere it is one of the header's.
    var isMacro = false
}
