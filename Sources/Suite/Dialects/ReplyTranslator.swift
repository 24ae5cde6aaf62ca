/// Translates a server's replies from its dialect into the sheet's form, and notes every deviation.
/// What it does not understand passes through unchanged.

import Bytes

package struct ReplyTranslator {
    enum State {
        /// Before what the server says at connect.
        case greeting
        /// Before the first line of a reply.
        case beginning
        /// Nothing came since an ERR, and prose may follow.
        case afterERR
        case list(ListTranslator)
        case message(MessageTranslator)
    }

    let dialect: Dialect
    var state: State
    var tracker = CommandTracker()
    /// Whom the server has let in.
    package internal(set) var user: [UInt8]?
    var isLoggedIn: Bool { user != nil }
    /// What the last LIST has shown.
    package internal(set) var listed: [Listed] = []
    private var decoder: ReplyDecoder
    /// Whose reply came last.
    private var answered: Verb?
    var held = HeldBytes()
    var deviations = Deviations()

    package init(_ dialect: Dialect) {
        self.dialect = dialect
        decoder = ReplyDecoder(dialect.replyFraming)
        state = dialect.greeting.isEmpty ? .beginning : .greeting
    }

    package var isGreeted: Bool { if case .greeting = state { false } else { true } }

    /// Something is kept back that is handed on once the server rests.
    package var isHolding: Bool {
        if !held.isEmpty || decoder.isHolding { return true }
        switch state {
        case .greeting, .beginning, .afterERR: return false
        case .list(let list): return list.endsAtRest
        case .message(let message): return message.endsAtRest
        }
    }

    /// - Parameter bytes: as the sheet has them, whatever is made of them on the wire.
    package mutating func sent(_ bytes: [UInt8]) {
        let before = tracker.due.count
        tracker.sent(bytes)
        if dialect.speech.isFraming { deviations.note(.framing, Array(dialect.speech.title.utf8)) }
        for due in tracker.due.dropFirst(before) {
            guard let verb = due.verb, dialect.namesMailbox.contains(verb) else { continue }
            deviations.note(.mailboxName, Array("\(verb.rawValue)\n{name}\n".utf8))
        }
    }
    /// The middle of a long text was sent.
    package mutating func sentBulk() { tracker.sentBulk() }
    package mutating func takeDeviations() -> [Deviation] { deviations.take() }

    /// What of the server cannot be read that is due, or was answered last.
    package var unread: Dialect.Unknown? {
        let verb = tracker.due.isEmpty ? answered : tracker.due[0].verb
        return isLoggedIn ? dialect.unknown.first { $0.verb == verb } : nil
    }

    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        held.append(decoder.decode(bytes)[...])
        return drain(.open)
    }
    /// Nothing more is under way: what was kept back is all there is.
    package mutating func rest() -> [UInt8] {
        held.append(decoder.rest()[...])
        return drain(.atRest)
    }
    package mutating func end() -> [UInt8] {
        held.append(decoder.rest()[...])
        return drain(.over)
    }

    private mutating func drain(_ moment: HeldBytes.Moment) -> [UInt8] {
        held.moment = moment
        var output: [UInt8] = []
        while let more = step() { output += more }
        return output
    }

    /// One step; nil when more bytes are wanted.
    private mutating func step() -> [UInt8]? {
        switch state {
        case .greeting: return hasNext() ? greeting() : nil
        case .beginning: return hasNext() ? beginning() : nil
        case .afterERR: return hasNext() ? afterERR() : nil
        case .list(var list):
            let translation = list.next(&held, &deviations)
            state = .list(list)
            listed = list.listed
            return handOn(translation)
        case .message(var message):
            let translation = message.next(&held, &deviations)
            state = .message(message)
            return handOn(translation)
        }
    }

    /// NULs between replies belong to none.
    private mutating func hasNext() -> Bool {
        if held.removeLeadingNULs() { deviations.note(.nul, [0]) }
        return !held.isEmpty
    }

    private mutating func handOn(_ translation: Translation?) -> [UInt8]? {
        switch translation {
        case .part(let output)?: return output
        case .last(let output)?: return finish(output)
        case nil: return nil
        }
    }

    /// The reply is complete.
    mutating func finish(_ output: [UInt8]) -> [UInt8] {
        if !tracker.due.isEmpty { answered = tracker.due.removeFirst().verb }
        return proceed(.beginning, output)
    }

    mutating func proceed(_ next: State, _ output: [UInt8] = []) -> [UInt8] {
        state = next
        return output
    }

    // MARK: Between replies

    private mutating func greeting() -> [UInt8]? {
        let expected = dialect.greeting
        // It does not greet this time, or refuses at connect.
        let (said, usual) = (ReplyTranslator.status(held.bytes[...]), ReplyTranslator.status(expected[...]))
        if said == Array("ERR".utf8) || (said != nil && usual == nil) { return proceed(.beginning) }
        if held.bytes.starts(with: expected) {
            held.removeFirst(expected.count)
        } else if expected.starts(with: held.bytes) && held.mayGrow {
            return nil
        } else {
            // A text that changes, such as one with the time: as many lines as it had.
            let ends = held.bytes.indices.filter { held.bytes[$0] == 10 }
            let lines = expected.count { $0 == 10 }
            if held.mayGrow && (lines == 0 || ends.count < lines) { return nil }
            held.removeFirst(lines > 0 && ends.count >= lines ? ends[lines - 1] + 1 : held.bytes.count)
        }
        deviations.note(.greeting, expected.filter { $0 != 0 })
        if expected.contains(0) { deviations.note(.nul, expected) }
        return proceed(.beginning)
    }

    /// Takes away the prose that this server has been heard to say behind its ERR; other text is none of it.
    private mutating func afterERR() -> [UInt8]? {
        let line = held.bytes.prefix { $0 != 10 && $0 != 0 }
        let mayGrow = held.mayGrow && line.count == held.bytes.count
        if let length = dialect.afterERR.compactMap({ $0.length(in: line) }).max() {
            if mayGrow && length == held.bytes.count { return nil }
            deviations.note(.statusText, Array("ERR\n".utf8) + line[..<length])
            held.removeFirst(length)
            if held.bytes.first == 10 { held.removeFirst(1) }
        } else if mayGrow && dialect.afterERR.contains(where: { $0.mayBegin(with: line) }) {
            return nil
        }
        return proceed(.beginning)
    }

    package static func status(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let word = Array(line.prefix { $0.isLetter || $0.isDigit || $0 == 95 })
        return word == Array("OK".utf8) || word == Array("ERR".utf8) ? word : nil
    }
}

/// What became of bytes that were held.
enum Translation {
    case part([UInt8])
    /// The reply is complete.
    case last([UInt8])
}
