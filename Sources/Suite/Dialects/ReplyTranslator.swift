/// Translates a server's replies from its dialect into the sheet's form, and notes every deviation.
/// What it does not understand passes through unchanged.

import Bytes

package struct ReplyTranslator {
    private enum State {
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
    private var state: State
    private var tracker = CommandTracker()
    private var isLoggedIn = false
    private var held = HeldBytes()
    private var deviations = Deviations()

    package init(_ dialect: Dialect) {
        self.dialect = dialect
        state = dialect.greeting.isEmpty ? .beginning : .greeting
    }

    package var isGreeted: Bool { if case .greeting = state { false } else { true } }

    /// Something is kept back that is handed on once the server rests.
    package var isHolding: Bool {
        if !held.isEmpty { return true }
        switch state {
        case .greeting, .beginning, .afterERR: return false
        case .list(let list): return list.endsAtRest
        case .message(let message): return message.endsAtRest
        }
    }

    package mutating func sent(_ bytes: [UInt8]) { tracker.sent(bytes) }
    /// The middle of a long text was sent.
    package mutating func sentBulk() { tracker.sentBulk() }
    package mutating func takeDeviations() -> [Deviation] { deviations.take() }

    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        held.append(bytes)
        return drain(.open)
    }
    /// Nothing more is under way: what was kept back is all there is.
    package mutating func rest() -> [UInt8] { drain(.atRest) }
    package mutating func end() -> [UInt8] { drain(.over) }

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
    private mutating func finish(_ output: [UInt8]) -> [UInt8] {
        if !tracker.due.isEmpty { tracker.due.removeFirst() }
        return proceed(.beginning, output)
    }

    private mutating func proceed(_ next: State, _ output: [UInt8] = []) -> [UInt8] {
        state = next
        return output
    }

    // MARK: Between replies

    private mutating func greeting() -> [UInt8]? {
        let expected = dialect.greeting
        if ReplyTranslator.status(held.bytes[...]) == Array("ERR".utf8) { return proceed(.beginning) }
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

    // MARK: Replies

    package static func status(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let word = Array(line.prefix { $0.isLetter || $0.isDigit || $0 == 95 })
        return word == Array("OK".utf8) || word == Array("ERR".utf8) ? word : nil
    }

    private mutating func beginning() -> [UInt8]? {
        let due = tracker.due.first
        if due == .quit { return answerToQuit() }
        let list = ListTranslator(dialect.list)
        if due == .list, let empty = list.empty(&held, &deviations) { return finish(empty) }
        guard let line = held.line(endsAtNUL: true) else { return nil }
        let word = ReplyTranslator.status(line.text)
        if due == .list && word != Array("ERR".utf8) { return proceed(.list(list)) }
        if let word { return status(word, line) }
        let message = MessageTranslator(dialect.read)
        if due == .read && !dialect.read.hasStatus && message.begins(with: line.text) {
            deviations.note(.readStatus, line.text)
            return proceed(.message(message), Array("OK\n".utf8))
        }
        return other(line)
    }

    private mutating func status(_ word: [UInt8], _ line: HeldBytes.Line) -> [UInt8] {
        let due = tracker.due.first
        if due == .list && isLoggedIn && dialect.list.refusesEmpty {
            deviations.note(.emptyList, line.text)
            held.remove(line)
            return finish(Array("0\n".utf8))
        }
        if Array(line.text) != word { deviations.note(.statusText, line.text) }
        deviations.noteEnd(of: line)
        held.remove(line)
        guard word == Array("OK".utf8) else {
            let output = finish(word + [10])
            return dialect.afterERR.isEmpty ? output : proceed(.afterERR, output)
        }
        if due == .read { return proceed(.message(MessageTranslator(dialect.read)), word + [10]) }
        if due == .login { isLoggedIn = true }
        return finish(word + [10])
    }

    /// No status: text before the connection is closed, or something that is shown as it is.
    private mutating func other(_ line: HeldBytes.Line) -> [UInt8]? {
        if held.isWorthWaiting { return nil }
        let due = tracker.due.first
        if held.moment == .over, due == nil || due == .login,
            held.bytes.allSatisfy({ $0 >= 32 || $0 == 10 || $0 == 13 })
        {
            deviations.note(.closingText, held.bytes)
            held.removeAll()
            return []
        }
        return finish(held.take(line))
    }

    private mutating func answerToQuit() -> [UInt8] {
        if held.bytes.contains(0) { deviations.note(.nul, held.bytes) }
        deviations.note(.quitText, held.bytes.filter { $0 != 0 })
        held.removeAll()
        return []
    }
}

/// What became of bytes that were held.
enum Translation {
    case part([UInt8])
    /// The reply is complete.
    case last([UInt8])
}
