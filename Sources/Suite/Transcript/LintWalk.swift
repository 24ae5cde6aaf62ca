/// One walk over a transcript's steps for `Lint`, with the names that are known at each.

struct LintWalk {
    let transcript: Transcript
    let macros: [String: Macro]
    let levels: [String: Level]?
    let retired: [String: [String]]
    private(set) var findings: [ParseError] = []
    /// Some expectation or call stands below a clause's tag.
    var judges = false
    /// The clauses of MUST tags.
    private var musts: Set<String> = []
    /// The clause's tag that is open, and whether one of the steps below it is of that clause.
    private var section: (place: (line: Int, column: Int), id: String, level: Level, hasOwn: Bool)?
    /// Below `[given …]`.
    private var isGiven = false
    /// Some step so far did more than what foundations have shown: what comes after it is a situation of its own.
    private var hasSituation = false
    /// Names of payloads.
    private var payloads: Set<String> = []
    var isTagged: Bool { section != nil }
    /// The first step that wants each need.
    var wanted: [Need: (line: Int, column: Int)] = [:]
    /// What a macro finds where the transcript keeps its names, whenever it is called.
    private let ownNames: Set<String>

    init(transcript: Transcript, macros: [String: Macro], levels: [String: Level]?, retired: [String: [String]]) {
        (self.transcript, self.macros, self.levels, self.retired) = (transcript, macros, levels, retired)
        ownNames = LintScope.predefined.union(transcript.steps.boundNames)
    }

    mutating func complain(at place: (line: Int, column: Int), _ message: String) {
        let source = transcript.lines.indices.contains(place.line - 1) ? transcript.lines[place.line - 1] : []
        findings.append(
            ParseError(
                path: transcript.path, line: place.line, column: place.column, message: message, source: source))
    }

    /// At the word of the step with this number, counted from 0.
    private mutating func complain(_ step: Step, word: Int = 0, _ message: String) {
        complain(at: transcript.place(of: step, word: word), message)
    }

    // MARK: Steps

    mutating func steps(_ steps: [Step], _ scope: inout LintScope) {
        for step in steps { self.step(step, &scope) }
    }

    private mutating func step(_ step: Step, _ scope: inout LintScope) {
        switch step.action {
        case .blank, .comment: break
        case .setup:
            endSection()
            isGiven = false
        case .given(let id, _): given(step, id, scope)
        case .clause(let id, let level, _): clause(step, id, level, scope)
        case .send(_, let sent):
            switch sent {
            case .text(let text):
                doMore()
                use(text, step, scope)
            case .connect(from: .some(let text)): use(text, step, scope)
            // How clients come and go one after the other is no situation of its own.
            case .connect(from: nil), .close, .pause: break
            case .halfClose, .reset, .stopReading, .readAgain: doMore()
            }
        case .expect(_, let optional, let expected):
            judges = judges || isTagged
            if !optional { doMore() }
            if case .text(let text) = expected { take(text, step, &scope) }
        case .call(let name, _, let arguments, let options): call(step, name, arguments, options, &scope)
        case .define(_, let parameters, let options, let given, let body):
            if let given { check(given, step) }
            // What a macro shows belongs to its callers.
            let outer = (section, hasSituation)
            defer { (section, hasSituation) = outer }
            section = nil
            var inner = LintScope(names: ownNames.union(parameters), isMacro: true)
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
            payloads.insert(name)
        case .repeated(let count, let body):
            use(count, step, scope)
            let hadRound = scope.names.contains("i")
            scope.names.insert("i")
            self.steps(body, &scope)
            if !hadRound { scope.names.remove("i") }
        case .parallel(let count, let body):
            use(count, step, scope)
            doMore()
            var inner = scope
            inner.names.insert("i")
            self.steps(body, &inner)
        case .unordered(let body):
            for step in body {
                switch step.action {
                case .expect, .blank, .comment: break
                default: complain(step, "an unordered holds S lines only")
                }
            }
            self.steps(body, &scope)
        case .either(let alternatives): either(alternatives, &scope)
        case .world(let action):
            if case .later = action {} else { doMore() }
            need(action, step)
        }
    }

    /// Known afterwards is what every alternative takes.
    private mutating func either(_ alternatives: [[Step]], _ scope: inout LintScope) {
        var common: Set<String>?
        for alternative in alternatives {
            if let first = alternative.first(where: { $0.action.isDoing }) {
                switch first.action {
                case .expect, .unordered, .repeated: break
                default: complain(first, "an alternative begins with an S line: by it the choice is made")
                }
            }
            var inner = scope
            steps(alternative, &inner)
            common = common?.intersection(inner.names) ?? inner.names
        }
        scope.names = common ?? scope.names
    }

    private mutating func clause(_ step: Step, _ id: String, _ level: Level, _ scope: LintScope) {
        endSection()
        (section, isGiven) = ((transcript.place(of: step), id, level, false), false)
        if level == .must { musts.insert(id) }
        if scope.isMacro { complain(step, "a tag in a macro would hide which clause a transcript judges") }
        check(id, step)
        if let stated = levels?[id], stated != level {
            complain(step, word: 1, "\(id) is \(stated.rawValue), not \(level.rawValue)")
        }
    }

    private mutating func given(_ step: Step, _ id: String, _ scope: LintScope) {
        endSection()
        isGiven = true
        if scope.isMacro { complain(step, "inside a macro nothing is tagged: write def … [given \(id)]") }
        check(id, step, word: 1)
    }

    /// - Parameter word: the step's word with the clause.
    private mutating func check(_ id: String, _ step: Step, word: Int = 0) {
        guard let levels, levels[id] == nil else { return }
        var place = transcript.place(of: step, word: word)
        if case .clause = step.action { place.column += 1 }  // behind the bracket
        guard let successors = retired[id] else { return complain(at: place, "there is no clause \(id)") }
        complain(at: place, "\(id) is retired: cite \(successors.joined(separator: " or "))")
    }

    private mutating func doMore() {
        if !isGiven { hasSituation = true }
    }

    /// A MUST must be able to fail by something that no other clause promises.
    mutating func endSection() {
        if let section, section.level == .must, !section.hasOwn, !hasSituation {
            complain(at: section.place, "every step up to here is given: show something of \(section.id)'s own")
        }
        section = nil
    }

    /// A foundation holds the tag of its clause.
    mutating func foundation() {
        guard let id = transcript.header.foundation else { return }
        let place = transcript.place(of: id, under: "foundation")
        if let levels, levels[id] == nil { return complain(at: place, "there is no clause \(id)") }
        if !musts.contains(id) { complain(at: place, "this establishes \(id), but no [\(id) MUST] is in it") }
    }

    private mutating func call(
        _ step: Step, _ name: String, _ arguments: [Text], _ options: [NamedText], _ scope: inout LintScope
    ) {
        judges = judges || isTagged
        for text in arguments + options.map(\.value) { use(text, step, scope) }
        guard let macro = macros[name] else { return complain(step, word: 1, "there is no macro \"\(name)\"") }
        if macro.given == section?.id { section?.hasOwn = true }
        let holes = names(in: arguments + options.map(\.value))
        // After a ban every LOGIN is asked in a situation that LOGIN-1 says nothing of.
        if macro.given?.hasPrefix("BAN-") ?? true || holes.contains(where: payloads.contains) { doMore() }
        let count = macro.parameters.count
        if arguments.count != count {
            let usage = ([name] + macro.parameters).joined(separator: " ")
            let message = "\"\(usage)\" takes \(count) argument\(count == 1 ? "" : "s"), not \(arguments.count)"
            let place =
                arguments.count > count ? (step.line, arguments[count].column) : transcript.place(of: step, word: 1)
            complain(at: place, message)
        }
        for option in options where !macro.options.contains(where: { $0.key == option.key }) {
            complain(at: (step.line, option.column), "\"\(name)\" has no option \"\(option.key)=\"")
        }
        for (parameter, argument) in zip(macro.parameters, arguments) {
            guard case .literal(let bytes)? = argument.pieces.first, argument.pieces.count == 1 else { continue }
            let user = String(decoding: bytes, as: UTF8.self)
            if !transcript.header.users.contains(user), !scope.names.contains(user),
                macros.asksPassword(of: parameter, in: name, given: options.map(\.key))
            {
                let message = "\"\(name)\" uses the password of \"\(user)\", who is not among the header's users"
                complain(at: (step.line, argument.column), message)
            }
        }
        for case .world(let action) in macros.actions(of: name) { need(action, step) }
        guard name == "find" else { return }
        guard let found = options.nameOfFound else {
            return complain(step, word: 1, "say under which name the number is kept: find … as=n")
        }
        scope.names.insert(found)
    }

    private func names(in texts: [Text]) -> [String] {
        texts.flatMap { text in
            text.pieces.compactMap { piece in if case .hole(let name) = piece { name } else { nil } }
        }
    }

    private mutating func use(_ text: Text, _ step: Step, _ scope: LintScope) {
        for (piece, column) in zip(text.pieces, text.columns) {
            if case .hole(let name) = piece { use(name, at: (step.line, column), scope) }
        }
    }

    private mutating func take(_ text: Text, _ step: Step, _ scope: inout LintScope) {
        for (piece, column) in zip(text.pieces, text.columns) {
            switch piece {
            case .hole(let name): use(name, at: (step.line, column), scope)
            case .capture(let name, let kind):
                if case .pattern(let pattern) = kind, (try? Regex(pattern)) == nil {
                    complain(at: (step.line, column), "/\(pattern)/ is no regular expression")
                }
                if name != "_" { scope.names.insert(name) }
            case .literal, .boundary: break
            }
        }
    }

    private mutating func use(_ hole: String, at place: (line: Int, column: Int), _ scope: LintScope) {
        let parts = hole.split(separator: ".").map(String.init)
        if parts.count == 1 {
            if !scope.names.contains(hole) { complain(at: place, "{\(hole)}: nothing of that name is known here") }
        } else if !transcript.header.users.contains(parts[0]), !scope.names.contains(parts[0]) {
            complain(at: place, "{\(hole)}: \"\(parts[0])\" is not among the header's users")
        }
    }
}
