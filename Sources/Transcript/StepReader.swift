/// One step from its line: tags, C and S lines, macros, blocks, generators.

struct StepReader {
    private static let blocks = ["repeat", "parallel", "unordered", "either", "def"]
    private static let world = [
        "advance", "later", "wall", "boot", "clock", "server", "session", "directory", "binds", "zombies", "outside",
        "measure",
    ]

    private let line: Cursor

    init(_ line: Cursor) { self.line = line }

    /// Also for a line with a fault: its body must be read anyway.
    var blockKeyword: String? {
        var cursor = line
        let word = cursor.word()
        return StepReader.blocks.contains(word) ? word : nil
    }

    /// A block comes back with an empty body.
    func step() throws(Fault) -> Action {
        var cursor = line
        if cursor.take(UInt8(ascii: "#")) { return .comment(String(decoding: cursor.rest, as: UTF8.self)) }
        if cursor.take(UInt8(ascii: "[")) { return try tag(cursor) }
        if let exchange = try exchange() { return exchange }
        let word = cursor.word()
        let action: Action
        switch word {
        case "do": action = try call(&cursor)
        case "let": action = try binding(&cursor)
        case "def": action = try definition(&cursor)
        case "repeat": action = .repeated(try count(&cursor), body: [])
        case "parallel": action = .parallel(try count(&cursor), body: [])
        case "unordered": action = .unordered(body: [])
        case "either": action = .either([])
        case _ where StepReader.world.contains(word): action = .world(try WorldAction(word, &cursor))
        default:
            let words = (["C:", "S:", "[…]", "#", "do", "let", "end", "or"] + StepReader.blocks + StepReader.world)
            throw line.fault("no such step \"\(word)\": there are \(words.joined(separator: " "))")
        }
        try cursor.end()
        return action
    }

    /// "[BAN-1 MUST] prose", "[given LIST-1] prose" or "[setup]"; the bracket is read already.
    private func tag(_ start: Cursor) throws(Fault) -> Action {
        var cursor = start
        if cursor.take("setup]") {
            try cursor.end()
            return .setup
        }
        if cursor.take("given ") {
            let id = try cursor.clause("[given LIST-1]")
            return .given(id: id, prose: try cursor.endOfTag())
        }
        guard let id = try? cursor.clause("[CLAUSE-1 MUST]"), cursor.take(UInt8(ascii: " ")) else {
            throw start.fault("a tag is [setup], [given CLAUSE-1] or [CLAUSE-1 MUST], a clause of docs/PROTOCOL.md")
        }
        let levels = Level.allCases.map(\.rawValue).joined(separator: ", ")
        guard let level = Level(rawValue: String(decoding: cursor.take(while: isCapital), as: UTF8.self)) else {
            throw cursor.fault("give the clause's level: \(levels)")
        }
        return .clause(id: id, level: level, prose: try cursor.endOfTag())
    }

    /// A C or S line, or nil when the line begins otherwise.
    private func exchange() throws(Fault) -> Action? {
        var cursor = line
        let sends = cursor.take(UInt8(ascii: "C"))
        guard sends || cursor.take(UInt8(ascii: "S")) else { return nil }
        let client = cursor.peek.map(isDigit) == true ? String(try cursor.number("a connection")) : ""
        let optional = !sends && cursor.take(UInt8(ascii: "?"))
        guard cursor.take(UInt8(ascii: ":")) else {
            throw cursor.fault("a line of the wire is \"C1: text\" or \"S1: text\"")
        }
        if !cursor.isAtEnd, !cursor.take(UInt8(ascii: " ")) { throw cursor.fault("put one blank after the colon") }
        if !sends, cursor.rest.elementsEqual(Array("...".utf8)) {
            guard !optional else { throw cursor.fault("\"...\" may be nothing anyway: write S without ?") }
            return .expect(client: client, optional: false, .anything)
        }
        if cursor.peek == UInt8(ascii: "<") {
            if sends { return .send(client: client, try cursor.sentEvent()) }
            guard !optional else { throw cursor.fault("an event cannot be optional: use either … or … end") }
            return .expect(client: client, optional: false, try cursor.expectedEvent())
        }
        let text = try cursor.text(sends ? .sent : .expected)
        guard text.endsLine || !text.pieces.isEmpty else {
            throw cursor.fault("this line is nothing at all: take it away")
        }
        return sends ? .send(client: client, .text(text)) : .expect(client: client, optional: optional, .text(text))
    }

    private func call(_ cursor: inout Cursor) throws(Fault) -> Action {
        let name = try cursor.name("a macro's name")
        var client = ""
        var arguments: [Text] = []
        var options: [NamedText] = []
        cursor.skipBlanks()
        if cursor.peek == UInt8(ascii: "C") {
            var connection = cursor
            connection.advance()
            if let number = try? connection.number("a connection"), connection.isAtEnd || connection.peek == 0x20 {
                client = String(number)
                cursor = connection
            }
        }
        cursor.skipBlanks()
        while !cursor.isAtEnd {
            let here = cursor
            if let key = cursor.key() {
                guard !options.contains(where: { $0.key == key }) else { throw here.fault("\(key)= was given before") }
                options.append(NamedText(key: key, value: try cursor.text(.argument)))
            } else {
                arguments.append(try cursor.text(.argument))
            }
            cursor.skipBlanks()
        }
        return .call(name: name, client: client, arguments: arguments, options: options)
    }

    private func definition(_ cursor: inout Cursor) throws(Fault) -> Action {
        let name = try cursor.name("the macro's name")
        var parameters: [String] = []
        var options: [NamedText] = []
        var given: String?
        cursor.skipBlanks()
        while !cursor.isAtEnd {
            if cursor.take("[given ") {
                given = try cursor.clause("[given LIST-1]")
                guard cursor.take(UInt8(ascii: "]")) else { throw cursor.fault("close the tag with ]") }
                break
            }
            let here = cursor
            let parameter = try cursor.name("a parameter's name")
            guard !parameters.contains(parameter), !options.contains(where: { $0.key == parameter }) else {
                throw here.fault("there is a parameter \(parameter) already")
            }
            if cursor.take(UInt8(ascii: "=")) {
                options.append(NamedText(key: parameter, value: try cursor.text(.argument)))
            } else if cursor.isAtEnd || cursor.peek == UInt8(ascii: " ") {
                parameters.append(parameter)
            } else {
                throw here.fault("a parameter is a name, an option is name=default")
            }
            cursor.skipBlanks()
        }
        return .define(name: name, parameters: parameters, options: options, given: given, body: [])
    }

    /// A number, or a hole that will be one.
    private func count(_ cursor: inout Cursor) throws(Fault) -> Text {
        cursor.skipBlanks()
        let here = cursor
        let text = try cursor.text(.argument)
        if case .hole = text.pieces.first, text.pieces.count == 1 { return text }
        var number = here
        _ = try number.number("how often")
        try number.end()
        return text
    }
}

extension Cursor {
    /// "LIST-1", the id of a clause.
    mutating func clause(_ example: String) throws(Fault) -> String {
        let start = self
        let letters = take(while: isCapital)
        let dash = take(UInt8(ascii: "-"))
        let digits = take(while: isDigit)
        guard !letters.isEmpty, dash, !digits.isEmpty else {
            throw start.fault("give a clause of docs/PROTOCOL.md: \(example)")
        }
        return String(decoding: letters, as: UTF8.self) + "-" + String(decoding: digits, as: UTF8.self)
    }

    /// "] prose" up to the end of the line; returns the prose.
    fileprivate mutating func endOfTag() throws(Fault) -> String {
        guard take(UInt8(ascii: "]")) else { throw fault("close the tag with ]") }
        guard take(UInt8(ascii: " ")), !isAtEnd else {
            throw fault("say in a few words what is expected, after a blank")
        }
        return String(decoding: rest, as: UTF8.self)
    }

    /// "key=" before a value; nil when a plain argument begins here.
    mutating func key() -> String? {
        var ahead = self
        guard let name = try? ahead.name("a key"), ahead.take(UInt8(ascii: "=")) else { return nil }
        self = ahead
        return name
    }
}
