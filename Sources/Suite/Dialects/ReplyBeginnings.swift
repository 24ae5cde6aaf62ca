/// How a reply begins: with a status in the sheet's words or the server's own, with a list, a message, or none of them.

import Bytes

extension ReplyTranslator {
    mutating func beginning() -> [UInt8]? {
        let due = tracker.due.first?.verb
        if due == .quit { return answerToQuit() }
        let list = ListTranslator(dialect.list)
        if due == .list, let empty = list.empty(&held, &deviations) {
            listed = []
            return finish(empty)
        }
        switch dialect.phrase(held, due: due) {
        case .mayCome: return nil
        case .status(let spoken): return status(spoken)
        case .none: break
        }
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
        if Array(line.text) != word { deviations.note(.statusText, line.text) }
        if line.end == .none { deviations.note(.noLineFeed, line.text) } else { deviations.noteEnd(of: line) }
        let bytes = held.take(line)
        return answer(word == Array("OK".utf8), bytes)
    }

    private mutating func status(_ spoken: SpokenStatus) -> [UInt8] {
        let bytes = held.bytes.prefix(spoken.count)
        deviations.note(spoken.deviation, bytes)
        held.removeFirst(spoken.count)
        return answer(spoken.meaning == .yes, Array(bytes))
    }

    private mutating func answer(_ isYes: Bool, _ bytes: [UInt8]) -> [UInt8] {
        let due = tracker.due.first
        if due?.verb == .list && !isYes && isLoggedIn && dialect.list.refusesEmpty {
            deviations.note(.emptyList, bytes)
            return finish(Array("0\n".utf8))
        }
        guard isYes else {
            let output = finish(Array("ERR\n".utf8))
            return dialect.afterERR.isEmpty ? output : proceed(.afterERR, output)
        }
        if due?.verb == .read { return proceed(.message(MessageTranslator(dialect.read)), Array("OK\n".utf8)) }
        if due?.verb == .login { user = due?.name }
        return finish(Array("OK\n".utf8))
    }

    /// No status: text before the connection is closed, or something that is shown as it is.
    private mutating func other(_ line: HeldBytes.Line) -> [UInt8]? {
        if held.isWorthWaiting { return nil }
        let isAtLogin = tracker.due.isEmpty || tracker.due[0].verb == .login
        if held.moment == .over, isAtLogin,
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
