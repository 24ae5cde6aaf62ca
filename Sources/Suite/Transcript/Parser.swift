/// Bytes in, `Transcript` out: the lines of a file, its blocks, and the list of its faults.

extension Transcript {
    /// A dialect file holds the header and `def`s only.
    package enum Kind: Sendable { case transcript, dialect }

    /// Throws every fault of the file that can be told apart, not only the first.
    package static func parse(
        _ bytes: [UInt8], path: String, as kind: Kind = .transcript
    ) throws(ParseErrors) -> Transcript {
        var parser = Parser(bytes, path: path, kind: kind)
        return try parser.file()
    }
}

/// A fault in the line at hand; the parser adds path and line.
struct Fault: Error {
    /// From 1.
    var column: Int
    var message: String
}

struct Parser {
    private let path: String
    private let kind: Transcript.Kind
    private let lines: [[UInt8]]
    private let endsProperly: Bool
    private var next = 0
    private var errors: [ParseError] = []

    init(_ bytes: [UInt8], path: String, kind: Transcript.Kind) {
        self.path = path
        self.kind = kind
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        endsProperly = lines.last == []
        if endsProperly { lines.removeLast() }
        self.lines = lines
    }

    mutating func file() throws(ParseErrors) -> Transcript {
        checkCharacters()
        let header = self.header()
        var steps: [Step] = []
        while next < lines.count {
            steps += block(depth: 0)
            if next < lines.count {
                report(Fault(column: 1, message: "\"\(shown(lines[next]))\" closes nothing: take it away"), line: next)
                next += 1
            }
        }
        guard errors.isEmpty else { throw ParseErrors(errors) }
        var transcript = Transcript(path: path, header: header, steps: steps)
        transcript.lines = lines
        return transcript
    }

    private mutating func report(_ fault: Fault, line: Int) {
        let source = line < lines.count ? lines[line] : []
        errors.append(
            ParseError(path: path, line: line + 1, column: fault.column, message: fault.message, source: source))
    }

    /// What may not stand anywhere in a file because nobody would see it.
    private mutating func checkCharacters() {
        if lines.isEmpty { report(Fault(column: 1, message: "the file is empty: begin with \"format: 1\""), line: 0) }
        if !endsProperly && !lines.isEmpty {
            let column = lines.last!.count + 1
            report(Fault(column: column, message: "the last line does not end: add a line feed"), line: lines.count - 1)
        }
        for (number, line) in lines.enumerated() {
            if let index = line.firstIndex(where: { $0 < 0x20 || $0 == 0x7f }) {
                report(Fault(column: index + 1, message: unseen(line[index])), line: number)
            } else if line.last == UInt8(ascii: " ") {
                let end = line.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 2 } ?? 1
                let message = "a blank at the end of a line: take it away, or write \\s where it is part of a text"
                report(Fault(column: end, message: message), line: number)
            } else if String(validating: line, as: UTF8.self) == nil {
                report(Fault(column: 1, message: "not UTF-8: write such bytes as \\xHH"), line: number)
            }
        }
    }

    private func unseen(_ byte: UInt8) -> String {
        switch byte {
        case 0x0d: "a carriage return: save the file with plain line feeds, or write \\r where it is part of a text"
        case 0x09: "a TAB: write \\t in a text, blanks elsewhere"
        default: "the control byte \\x\(hex(byte)): write it so"
        }
    }

    private mutating func header() -> Header {
        var reader = HeaderReader()
        while next < lines.count, !lines[next].isEmpty {
            do throws(Fault) { try reader.take(lines[next]) } catch { report(error, line: next) }
            next += 1
        }
        do throws(Fault) { return try reader.finished() } catch {
            if errors.isEmpty { report(error, line: 0) }
            return Header(title: "")
        }
    }

    // MARK: Steps

    /// The steps up to a line that closes the block (`end`, `or`) or the end of the file; does not consume that line.
    private mutating func block(depth: Int) -> [Step] {
        var steps: [Step] = []
        while next < lines.count {
            let number = next
            let (content, column) = unindented()
            if content == Array("end".utf8) || content == Array("or".utf8) { return steps }
            if content.isEmpty {
                next += 1
                steps.append(Step(line: number + 1, action: .blank))
                continue
            }
            checkIndentation(column - 1, depth: depth)
            next += 1
            let line = StepReader(Cursor(content, firstColumn: column))
            var action: Action?
            do throws(Fault) {
                action = try line.step()
                if case .define = action, depth > 0 {
                    throw Fault(column: column, message: "a def stands at the left margin, not inside a block")
                }
                if kind == .dialect, depth == 0, !isDialectStep(action) {
                    throw Fault(column: column, message: "a dialect holds only defs: move this into one")
                }
            } catch { report(error, line: number) }
            if let keyword = line.blockKeyword {
                action = filled(action, keyword: keyword, opened: number, depth: depth)
            }
            if let action { steps.append(Step(line: number + 1, action: action)) }
        }
        return steps
    }

    private func isDialectStep(_ action: Action?) -> Bool {
        switch action {
        case .comment, .blank, .define, nil: true
        default: false
        }
    }

    /// Reads the body of a block up to its `end` and puts it into the action that opened it.
    private mutating func filled(_ action: Action?, keyword: String, opened: Int, depth: Int) -> Action? {
        var alternatives = [block(depth: depth + 1)]
        while next < lines.count, unindented().content == Array("or".utf8) {
            checkIndentation(unindented().column - 1, depth: depth)
            if keyword != "either" {
                report(Fault(column: 1, message: "\"or\" belongs to an either, and this is a \(keyword)"), line: next)
            }
            next += 1
            alternatives.append(block(depth: depth + 1))
        }
        if next < lines.count {
            checkIndentation(unindented().column - 1, depth: depth)
            next += 1
        } else {
            report(Fault(column: 1, message: "this \(keyword) has no end: write \"end\" below its body"), line: opened)
        }
        if keyword == "either", alternatives.count < 2 {
            report(Fault(column: 1, message: "an either without \"or\": give another alternative"), line: opened)
        }
        if !alternatives.allSatisfy({ $0.contains { $0.action.isDoing } }) {
            report(Fault(column: 1, message: "nothing happens in this \(keyword): give it a step"), line: opened)
        }
        switch action {
        case .define(let name, let parameters, let options, let given, _):
            return .define(
                name: name, parameters: parameters, options: options, given: given, body: alternatives[0])
        case .repeated(let count, _): return .repeated(count, body: alternatives[0])
        case .parallel(let count, _): return .parallel(count, body: alternatives[0])
        case .unordered: return .unordered(body: alternatives[0])
        case .either: return .either(alternatives)
        default: return nil
        }
    }

    private func unindented() -> (content: [UInt8], column: Int) {
        let line = lines[next]
        let content = line.drop { $0 == UInt8(ascii: " ") }
        return (Array(content), line.count - content.count + 1)
    }

    private mutating func checkIndentation(_ blanks: Int, depth: Int) {
        guard blanks != depth * 2 else { return }
        let message = "indented by \(blanks): write \(depth * 2) blanks here, two for each open block"
        report(Fault(column: 1, message: message), line: next)
    }
}

extension Action {
    /// Neither a blank line nor a comment.
    var isDoing: Bool {
        switch self {
        case .blank, .comment: false
        default: true
        }
    }
}

func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}

func shown(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes).drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
}
