/// One walk over a transcript's steps for `Lint`, with the names that are known at each.

struct LintWalk {
    let transcript: Transcript
    let macros: [String: Macro]
    let levels: [String: Level]?
    private(set) var findings: [ParseError] = []
    /// Some expectation or call stands below a clause's tag.
    private(set) var judges = false
    private var isTagged = false
    private var wanted: [Need: Int] = [:]

    init(transcript: Transcript, macros: [String: Macro], levels: [String: Level]?) {
        self.transcript = transcript
        self.macros = macros
        self.levels = levels
    }

    mutating func complain(_ line: Int, _ message: String) {
        findings.append(ParseError(path: transcript.path, line: line, column: 1, message: message))
    }

    mutating func steps(_ steps: [Step], _ scope: inout LintScope) {
        for step in steps { self.step(step, &scope) }
    }

    private mutating func step(_ step: Step, _ scope: inout LintScope) {
        switch step.action {
        case .blank, .comment: break
        case .setup: isTagged = false
        case .clause(let id, let level, _): clause(step, id, level, scope)
        case .send(_, .text(let text)), .send(_, .connect(from: .some(let text))): use(text, step, scope)
        case .send: break
        case .expect(_, _, let expected):
            judges = judges || isTagged
            if case .text(let text) = expected { take(text, step, &scope) }
        case .call(let name, _, let arguments, let options): call(step, name, arguments, options, &scope)
        case .define(_, let parameters, let options, let body):
            var inner = LintScope(names: scope.names.union(parameters), isMacro: true)
            for option in options {
                use(option.value, step, inner)
                inner.names.insert(option.key)
            }
            self.steps(body, &inner)
        case .bind(let name, let generator):
            switch generator {
            case .repeated(let text, _), .text(let text): use(text, step, scope)
            case .lines, .bytes, .file: break
            }
            scope.names.insert(name)
        case .repeated(let count, let body):
            use(count, step, scope)
            let hadRound = scope.names.contains("i")
            scope.names.insert("i")
            self.steps(body, &scope)
            if !hadRound { scope.names.remove("i") }
        case .parallel(let count, let body):
            use(count, step, scope)
            var inner = scope
            inner.names.insert("i")
            self.steps(body, &inner)
        case .unordered(let body):
            for step in body {
                switch step.action {
                case .expect, .blank, .comment: break
                default: complain(step.line, "an unordered holds S lines only")
                }
            }
            self.steps(body, &scope)
        case .either(let alternatives): either(alternatives, &scope)
        case .world(let action): need(action, step)
        }
    }

    /// Known afterwards is what every alternative takes.
    private mutating func either(_ alternatives: [[Step]], _ scope: inout LintScope) {
        var common: Set<String>?
        for alternative in alternatives {
            if let first = alternative.first(where: { $0.action.isDoing }) {
                switch first.action {
                case .expect, .unordered, .repeated: break
                default: complain(first.line, "an alternative begins with an S line: by it the choice is made")
                }
            }
            var inner = scope
            steps(alternative, &inner)
            common = common?.intersection(inner.names) ?? inner.names
        }
        scope.names = common ?? scope.names
    }

    private mutating func clause(_ step: Step, _ id: String, _ level: Level, _ scope: LintScope) {
        isTagged = true
        if scope.isMacro { complain(step.line, "a tag in a macro would hide which clause a transcript judges") }
        guard let levels else { return }
        guard let stated = levels[id] else { return complain(step.line, "there is no clause \(id)") }
        if stated != level { complain(step.line, "\(id) is \(stated.rawValue), not \(level.rawValue)") }
    }

    private mutating func call(
        _ step: Step, _ name: String, _ arguments: [Text], _ options: [NamedText], _ scope: inout LintScope
    ) {
        judges = judges || isTagged
        for text in arguments + options.map(\.value) { use(text, step, scope) }
        guard let macro = macros[name] else { return complain(step.line, "there is no macro \"\(name)\"") }
        if arguments.count != macro.parameters.count {
            let usage = ([name] + macro.parameters).joined(separator: " ")
            complain(step.line, "\"\(usage)\" takes \(macro.parameters.count) arguments, not \(arguments.count)")
        }
        for option in options where !macro.options.contains(option.key) {
            complain(step.line, "\"\(name)\" has no option \"\(option.key)=\"")
        }
        guard name == "find" else { return }
        guard case .literal(let bytes)? = options.first(where: { $0.key == "as" })?.value.pieces.first else {
            return complain(step.line, "say under which name the number is kept: find … as=n")
        }
        scope.names.insert(String(decoding: bytes, as: UTF8.self))
    }

    private mutating func use(_ text: Text, _ step: Step, _ scope: LintScope) {
        for case .hole(let name) in text.pieces { use(name, step, scope) }
    }

    private mutating func take(_ text: Text, _ step: Step, _ scope: inout LintScope) {
        for piece in text.pieces {
            switch piece {
            case .hole(let name): use(name, step, scope)
            case .capture(let name, _): if name != "_" { scope.names.insert(name) }
            case .literal, .boundary: break
            }
        }
    }

    private mutating func use(_ hole: String, _ step: Step, _ scope: LintScope) {
        let parts = hole.split(separator: ".").map(String.init)
        if parts.count == 1 {
            if !scope.names.contains(hole) { complain(step.line, "{\(hole)}: nothing of that name is known here") }
        } else if !transcript.header.users.contains(parts[0]), !scope.names.contains(parts[0]) {
            complain(step.line, "{\(hole)}: \"\(parts[0])\" is not among the header's users")
        }
    }

    private mutating func need(_ action: WorldAction, _ step: Step) {
        let need: Need? =
            switch action {
            case .advance, .wall, .boot, .clock: .clock
            case .server: .restart
            case .killSession, .zombies, .measure(.rss, _, _): .process
            case .directory: .directory
            case .binds: .binds
            case .outsideUnchanged: .disk
            case .measure: nil
            }
        if let need, wanted[need] == nil { wanted[need] = step.line }
        switch action {
        case .binds, .zombies, .outsideUnchanged, .measure: judges = judges || isTagged
        default: break
        }
    }

    /// The header's needs against those of the steps. `anonymous-bind` shows in no step.
    mutating func needs() {
        for (need, line) in wanted where !transcript.header.needs.contains(need) {
            complain(line, "this step needs \"\(need.rawValue)\": add it to the header's needs")
        }
        for need in transcript.header.needs where wanted[need] == nil && need != .anonymousBind {
            complain(1, "no step needs \"\(need.rawValue)\": take it out of the header")
        }
    }
}
