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
    private(set) var section: (line: Int, id: String, level: Level, hasOwn: Bool)?
    /// Below `[given …]`.
    private var isGiven = false
    /// Some step so far did more than what foundations have shown: what comes after it is a situation of its own.
    private var hasSituation = false
    /// Names of payloads.
    private var payloads: Set<String> = []
    var isTagged: Bool { section != nil }
    /// The first step that wants each need.
    var wanted: [Need: Int] = [:]

    init(transcript: Transcript, macros: [String: Macro], levels: [String: Level]?, retired: [String: [String]]) {
        (self.transcript, self.macros, self.levels, self.retired) = (transcript, macros, levels, retired)
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
                default: complain(step.line, "an unordered holds S lines only")
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
        endSection()
        (section, isGiven) = ((step.line, id, level, false), false)
        if level == .must { musts.insert(id) }
        if scope.isMacro { complain(step.line, "a tag in a macro would hide which clause a transcript judges") }
        check(id, step)
        if let stated = levels?[id], stated != level {
            complain(step.line, "\(id) is \(stated.rawValue), not \(level.rawValue)")
        }
    }

    private mutating func given(_ step: Step, _ id: String, _ scope: LintScope) {
        endSection()
        isGiven = true
        if scope.isMacro { complain(step.line, "inside a macro nothing is tagged: write def … [given \(id)]") }
        check(id, step)
    }

    private mutating func check(_ id: String, _ step: Step) {
        guard let levels, levels[id] == nil else { return }
        guard let successors = retired[id] else { return complain(step.line, "there is no clause \(id)") }
        complain(step.line, "\(id) is retired: cite \(successors.joined(separator: " or "))")
    }

    private mutating func doMore() {
        if !isGiven { hasSituation = true }
    }

    /// A MUST must be able to fail by something that no other clause promises.
    mutating func endSection() {
        if let section, section.level == .must, !section.hasOwn, !hasSituation {
            complain(section.line, "every step up to here is given: show something of \(section.id)'s own")
        }
        section = nil
    }

    /// A foundation holds the tag of its clause.
    mutating func foundation() {
        guard let id = transcript.header.foundation else { return }
        let line = 1 + (transcript.writtenHeader?.lines.firstIndex { $0.starts(with: Array("foundation:".utf8)) } ?? 0)
        if let levels, levels[id] == nil { return complain(line, "there is no clause \(id)") }
        if !musts.contains(id) { complain(line, "this establishes \(id), but no [\(id) MUST] is in it") }
    }

    private mutating func call(
        _ step: Step, _ name: String, _ arguments: [Text], _ options: [NamedText], _ scope: inout LintScope
    ) {
        judges = judges || isTagged
        for text in arguments + options.map(\.value) { use(text, step, scope) }
        guard let macro = macros[name] else { return complain(step.line, "there is no macro \"\(name)\"") }
        if macro.given == section?.id { section?.hasOwn = true }
        let holes = names(in: arguments + options.map(\.value))
        if macro.given == nil || holes.contains(where: payloads.contains) { doMore() }
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

    private func names(in texts: [Text]) -> [String] {
        texts.flatMap { text in
            text.pieces.compactMap { piece in if case .hole(let name) = piece { name } else { nil } }
        }
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
}
