/// The text of a C or S line, or an argument: literal bytes, escapes and holes.

/// Where a text stands decides what may be in it.
enum TextPlace {
    case sent, expected
    /// Ends at a blank, or, begun with `"`, at the next `"`.
    case argument
}

extension Cursor {
    /// Reads to the end of the line, or of the argument.
    mutating func text(_ place: TextPlace) throws(Fault) -> Text {
        var text = Text(pieces: [])
        text.column = column
        let quoted = place == .argument && take(UInt8(ascii: "\""))
        let opening = index
        var (literal, literalColumn): ([UInt8], Int) = ([], column)
        func add(_ piece: Text.Piece, at column: Int) {
            text.pieces.append(piece)
            text.columns.append(column)
        }
        func flush() {
            if !literal.isEmpty { add(.literal(literal), at: literalColumn) }
            literal = []
        }
        while let byte = peek {
            if place == .argument, byte == (quoted ? UInt8(ascii: "\"") : UInt8(ascii: " ")) { break }
            let here = column
            if literal.isEmpty { literalColumn = here }
            switch byte {
            case UInt8(ascii: "\\"):
                if rest.starts(with: Array("\\|".utf8)) {
                    guard place == .sent else { throw fault("\\| is a packet boundary: it belongs into C lines") }
                    flush()
                    add(.boundary, at: here)
                    advance(2)
                } else if rest.elementsEqual(Array("\\-".utf8)), place != .argument {
                    text.endsLine = false
                    advance(2)
                } else {
                    literal.append(try escape())
                }
            case UInt8(ascii: "{"):
                flush()
                add(try hole(place), at: here)
            case UInt8(ascii: "\"") where place == .argument:
                throw fault("a quotation mark inside a word: quote the whole word, or write \\x22")
            default:
                literal.append(byte)
                advance()
            }
        }
        flush()
        if quoted, !take(UInt8(ascii: "\"")) {
            throw Fault(column: firstColumn + opening - 1, message: "this quotation has no end: close it with \"")
        }
        if quoted, let byte = peek, byte != UInt8(ascii: " "), byte != UInt8(ascii: ")"), byte != UInt8(ascii: ",") {
            throw fault("a blank is missing after the quotation")
        }
        return text
    }

    private mutating func escape() throws(Fault) -> UInt8 {
        let start = self
        advance()
        let code = peek
        advance()
        switch code {
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "s"): return UInt8(ascii: " ")
        case UInt8(ascii: "{"): return UInt8(ascii: "{")
        case UInt8(ascii: "<"): return UInt8(ascii: "<")
        case UInt8(ascii: "x"):
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16) else {
                throw start.fault("\\x wants two hexadecimal digits, such as \\x1b")
            }
            advance(2)
            return byte
        case UInt8(ascii: "-"): throw start.fault("\\- (no line end) stands at the very end of a C or S line")
        default: throw start.fault("no such escape: there are \\\\ \\n \\r \\t \\0 \\s \\xHH \\{ \\< \\- \\|")
        }
    }

    private mutating func hole(_ place: TextPlace) throws(Fault) -> Text.Piece {
        let start = self
        advance()
        let forgotten = take(UInt8(ascii: "_"))
        if !forgotten, peek.map({ !isSmallLetter($0) }) ?? true {
            throw start.fault("a hole is {name}, {user.password} or {name:int}: for a brace write \\{")
        }
        var name = forgotten ? "_" : try name("a hole's name")
        if take(UInt8(ascii: ":")) {
            guard place == .expected else {
                throw start.fault("only an S line can capture: {\(name)} inserts the value")
            }
            let kind = try captureKind()
            return .capture(name, kind)
        }
        if take(UInt8(ascii: ".")) {
            guard take("password") else { throw fault("a user has a password and nothing else: {\(name).password}") }
            name += ".password"
        }
        guard take(UInt8(ascii: "}")) else { throw start.fault("this hole has no end: close it with }") }
        guard !forgotten else { throw start.fault("{_} was forgotten when it was taken: give the capture a name") }
        return .hole(name)
    }

    private mutating func captureKind() throws(Fault) -> CaptureKind {
        if take(UInt8(ascii: "/")) {
            let start = self
            while !isAtEnd {
                if rest.starts(with: Array("/}".utf8)) {
                    let pattern = String(decoding: bytes[start.index..<index], as: UTF8.self)
                    guard !pattern.isEmpty else { throw start.fault("an empty pattern: write one, or use :line") }
                    advance(2)
                    return .pattern(pattern)
                }
                advance()
            }
            throw start.fault("this pattern has no end: close it with /}")
        }
        let here = fault("a capture is {name:int}, {name:word}, {name:line} or {name:/pattern/}")
        let kinds: [String: CaptureKind] = ["int": .int, "word": .word, "line": .line]
        let word = String(decoding: take(while: isSmallLetter), as: UTF8.self)
        guard let kind = kinds[word], take(UInt8(ascii: "}")) else { throw here }
        return kind
    }
}
