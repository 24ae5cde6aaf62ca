/// How a client's commands must come to be understood: in which pieces, or in which frame.

package enum Speech: String, Sendable, CaseIterable {
    /// A command in one write, as the sheet shows it.
    case flight
    case line
    /// The verb's line alone, then the rest.
    case verb
    case byte
    /// Each command is ended by a line with a dot, as a SEND is.
    case dot
    /// A command's length in four bytes before it, most significant first; and last.
    case length
    case lengthLittle = "length-le"
    /// A command's length in digits, on a line before it.
    case lengthLine = "length-line"
    /// A NUL after each command.
    case nul

    /// Bytes of its own are around each command; otherwise only the cut into writes is another.
    package var isFraming: Bool {
        switch self {
        case .flight, .line, .verb, .byte: false
        case .dot, .length, .lengthLittle, .lengthLine, .nul: true
        }
    }

    /// For people.
    package var title: String {
        switch self {
        case .flight: "a command in one write"
        case .line: "one write per line"
        case .verb: "the verb's line alone, then the rest"
        case .byte: "one write per byte"
        case .dot: "each command ended by a line with a dot"
        case .length: "a 4-byte length (most significant byte first) before each message"
        case .lengthLittle: "a 4-byte length (least significant byte first) before each message"
        case .lengthLine: "a decimal length on a line before each message"
        case .nul: "a NUL after each message"
        }
    }

    /// The cuts of a server that reads a stream of lines: all of them.
    package static let stream: Set<Speech> = [.flight, .line, .byte]
}
