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

    /// Each at the word that is wrong. In the order of the file; empty: nothing to complain of.
    package func findings(in transcript: Transcript) -> [ParseError] {
        let macros = dialect.merging(Macro.all(in: transcript.steps)) { $1 }
        var walk = LintWalk(transcript: transcript, macros: macros, levels: levels, retired: retired)
        for user in transcript.header.users where users.map({ !$0.contains(user) }) ?? false {
            walk.complain(at: transcript.place(of: user, under: "users"), "the directory has no user \"\(user)\"")
        }
        var scope = LintScope(names: LintScope.predefined)
        walk.steps(transcript.steps, &scope)
        walk.endSection()
        walk.needs()
        walk.foundation()
        if !walk.judges, !transcript.path.hasSuffix(".dialect") {
            walk.complain(at: (1, 1), "no clause is judged: give an expectation a tag")
        }
        return ParseErrors(walk.findings).errors
    }
}

/// What a call must know of a macro.
struct Macro {
    var parameters: [String]
    var options: [NamedText]
    /// The clause of the verb that it speaks.
    var given: String?
    var body: [Step]

    static func all(in steps: [Step]) -> [String: Macro] {
        let settings = ["as", "max"].map { NamedText(key: $0, value: Text(pieces: [])) }
        var macros = ["find": Macro(parameters: ["subject"], options: settings, given: "READ-1", body: [])]
        for step in steps {
            guard case .define(let name, let parameters, let options, let given, let body) = step.action else {
                continue
            }
            macros[name] = Macro(parameters: parameters, options: options, given: given, body: body)
        }
        return macros
    }
}

extension [String: Macro] {
    /// Whether a call of `name` asks for the password of the user that is given as `parameter`, itself or by a macro that
    /// it calls; a default that `given` replaces asks for nothing.
    func asksPassword(of parameter: String, in name: String, given: [String], above: Set<String> = []) -> Bool {
        guard let macro = self[name], !above.contains(name) else { return false }
        let password = Text.Piece.hole(parameter + ".password")
        let defaults = macro.options.filter { !given.contains($0.key) }.map(\.value)
        let texts = defaults + macro.body.all.flatMap(\.action.texts)
        if texts.contains(where: { $0.pieces.contains(password) }) { return true }
        return macro.body.all.contains { step in
            guard case .call(let inner, _, let arguments, let options) = step.action, let called = self[inner] else {
                return false
            }
            return zip(called.parameters, arguments).contains { user, argument in
                argument.pieces == [.hole(parameter)]
                    && asksPassword(of: user, in: inner, given: options.map(\.key), above: above.union([name]))
            }
        }
    }
}

extension [String: Macro] {
    /// What a call of `name` does, with what the macros do that it calls.
    func actions(of name: String, above: Set<String> = []) -> [Action] {
        guard let macro = self[name], !above.contains(name) else { return [] }
        return macro.body.all.flatMap { step in
            guard case .call(let inner, _, _, _) = step.action else { return [step.action] }
            return actions(of: inner, above: above.union([name]))
        }
    }
}

extension [Step] {
    /// Every step, those inside of blocks too.
    var all: [Step] { flatMap { [$0] + ($0.action.bodies ?? []).flatMap(\.all) } }

    /// What is captured, bound or counted outside of macros, at any time.
    var boundNames: Set<String> {
        var names: Set<String> = []
        for step in self {
            switch step.action {
            case .define: continue
            case .expect(_, _, .text(let text)):
                for case .capture(let name, _) in text.pieces { names.insert(name) }
            case .bind(let name, _): names.insert(name)
            case .call("find", _, _, let options): if let name = options.nameOfFound { names.insert(name) }
            case .repeated, .parallel: names.insert("i")
            default: break
            }
            for body in step.action.bodies ?? [] { names.formUnion(body.boundNames) }
        }
        return names
    }
}

extension [NamedText] {
    /// Of a call of `find`: the name that it keeps the number under.
    var nameOfFound: String? {
        guard case .literal(let bytes)? = first(where: { $0.key == "as" })?.value.pieces.first else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Action {
    /// The texts of the step itself, without those of its body.
    fileprivate var texts: [Text] {
        switch self {
        case .send(_, .text(let text)), .send(_, .connect(from: .some(let text))), .expect(_, _, .text(let text)):
            [text]
        case .call(_, _, let arguments, let options): arguments + options.map(\.value)
        case .bind(_, .text(let text)), .bind(_, .repeated(let text, _)): [text]
        case .repeated(let count, _), .parallel(let count, _): [count]
        default: []
        }
    }
}

/// The names in reach of a step.
struct LintScope {
    static let predefined: Set<String> = ["own", "other", "third"]
    var names: Set<String>
    /// Inside a `def` a user may be any value in reach; elsewhere it is one of the header's.
    var isMacro = false
}
