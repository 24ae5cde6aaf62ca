/// Puts a client's commands on the wire as a server wants them: cut, framed, with a mailbox's name.

/// `Bulk` is a text too long to be held; its bytes pass as they are.
package struct CommandEncoder<Bulk: Sendable>: Sendable {
    package enum Part: Sendable {
        case bytes([UInt8])
        case bulk(Bulk, count: Int)
        /// The write ends here.
        case cut
    }

    /// Who LIST, READ and DEL are said to be for: the session's user.
    package var mailbox: [UInt8] = []
    private let dialect: Dialect
    package private(set) var reader = CommandReader()
    private var output: [Part] = []
    /// Of a command whose frame begins with its length, until it is whole.
    private var held: [Part] = []
    private var heldCount = 0

    package init(_ dialect: Dialect) { self.dialect = dialect }

    /// - Parameter asWritten: nothing is framed or cut; what a server cannot do without, a mailbox's name, is still said.
    package mutating func encode(_ parts: [Part], asWritten: Bool = false) -> [Part] {
        defer { output = [] }
        for part in parts {
            switch part {
            case .bytes(let bytes): encode(bytes, asWritten)
            case .bulk(_, let count):
                reader.takeBulk()
                put(part, count: count, asWritten)
            case .cut: cut()
            }
        }
        return output
    }

    private mutating func encode(_ bytes: [UInt8], _ asWritten: Bool) {
        var line: [UInt8] = []
        for byte in bytes {
            line.append(byte)
            guard let event = reader.take(byte) else { continue }
            if case .verb(let verb?, _) = event, dialect.namesMailbox.contains(verb) { line += mailbox + [10] }
            if event == .end, reader.verb == .login { mailbox = reader.firstArgument }
            put(.bytes(line), count: line.count, asWritten)
            line = []
            let isEnd = event == .end || event == .verb(reader.verb, isWhole: true)
            if isEnd { end(asWritten) }
            if !asWritten, speech == .line || (speech == .verb && event != .line) { cut() }
        }
        if !line.isEmpty { put(.bytes(line), count: line.count, asWritten) }
    }

    /// Of the command at hand.
    private var speech: Speech { reader.verb.flatMap { dialect.speechOf[$0] } ?? dialect.speech }

    private mutating func put(_ part: Part, count: Int, _ asWritten: Bool) {
        if case .bytes(let bytes) = part, speech == .byte, !asWritten {
            for byte in bytes {
                output.append(.bytes([byte]))
                cut()
            }
        } else if [.length, .lengthLittle, .lengthLine].contains(dialect.speech), !asWritten {
            held.append(part)
            heldCount += count
        } else {
            append(part)
        }
    }

    private mutating func end(_ asWritten: Bool) {
        let frame = dialect.speech
        if asWritten || !frame.isFraming { return }
        if frame == .dot {
            if reader.verb?.hasBody != true { append(.bytes(Array(".\n".utf8))) }
        } else if frame == .nul {
            append(.bytes([0]))
        } else {
            append(.bytes(prefix(frame)))
            for part in held { append(part) }
            (held, heldCount) = ([], 0)
        }
    }

    private func prefix(_ frame: Speech) -> [UInt8] {
        if frame == .lengthLine { return Array("\(heldCount)\n".utf8) }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: heldCount >> (24 - 8 * $0)) }
        return frame == .length ? bytes : bytes.reversed()
    }

    private mutating func cut() {
        if case .cut? = output.last { return }
        if !output.isEmpty { output.append(.cut) }
    }

    private mutating func append(_ part: Part) {
        if case .bytes(let more) = part, case .bytes(let bytes)? = output.last {
            output[output.count - 1] = .bytes(bytes + more)
        } else {
            output.append(part)
        }
    }
}
