/// Where commands begin and end in what a client sends: the sheet's grammar, byte by byte.

package struct CommandReader: Sendable {
    /// What the byte just taken has ended.
    package enum Event: Equatable, Sendable {
        /// The first line of a command; nil: a verb that the sheet does not know. `isWhole`: it has no other line.
        case verb(Verb?, isWhole: Bool)
        /// A line of a command that is not its last.
        case line
        /// The last line of a command.
        case end
    }
    private enum Reading { case verb, arguments(left: Int, thenBody: Bool), body }

    private var reading = Reading.verb
    /// The beginning of the line at hand; no verb is longer.
    private var line: [UInt8] = []
    /// The command at hand; nil: none, or one that the sheet does not know.
    package private(set) var verb: Verb?
    /// The first argument of the command at hand.
    private(set) var firstArgument: [UInt8] = []

    package init() {}

    /// Nothing of a command has come.
    package var isBetweenCommands: Bool { if case .verb = reading { line.isEmpty } else { false } }
    package var isAtLineStart: Bool { line.isEmpty }
    /// The verb's line has come and nothing after it.
    package var isAfterVerb: Bool {
        guard case .arguments(let left, _) = reading, let verb else { return false }
        return line.isEmpty && left == verb.arguments
    }

    package mutating func take(_ byte: UInt8) -> Event? {
        guard byte == 10 else {
            if line.count < 64 { line.append(byte) }
            return nil
        }
        defer { line = [] }
        switch reading {
        case .verb: return begin(Verb(rawValue: String(decoding: line, as: UTF8.self)))
        case .arguments(let left, let thenBody):
            if left == verb?.arguments { firstArgument = line }
            let next: Reading = thenBody ? .body : .verb
            reading = left > 1 ? .arguments(left: left - 1, thenBody: thenBody) : next
            return isInside ? .line : .end
        case .body:
            guard line == [UInt8(ascii: ".")] else { return .line }
            reading = .verb
            return .end
        }
    }

    /// The middle of a long text, which ends no line that could be its last.
    package mutating func takeBulk() { if line.count < 64 { line.append(UInt8(ascii: "x")) } }

    private var isInside: Bool { if case .verb = reading { false } else { true } }

    private mutating func begin(_ verb: Verb?) -> Event {
        (self.verb, firstArgument) = (verb, [])
        if let verb, verb.arguments > 0 { reading = .arguments(left: verb.arguments, thenBody: verb.hasBody) }
        return .verb(verb, isWhole: !isInside)
    }
}
