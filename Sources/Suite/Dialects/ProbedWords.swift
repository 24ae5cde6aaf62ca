/// Which words a server has for yes and no: what it said twice, to two inputs, and what is in neither of them.

import Bytes

extension ProbeRecord {
    /// What cannot be right, twice each: alike replies are a refusal.
    private static let refused: [(verb: Verb?, one: Question, other: Question)] = [
        (.login, .wrongLogin, .wrongLoginAgain), (.list, .strangerList, .strangerListAgain),
        (.send, .strangerSend, .strangerSendAgain), (.read, .strangerRead, .strangerReadAgain),
        (.delete, .strangerDelete, .strangerDeleteAgain), (.read, .missing, .missingAgain),
        (.delete, .missingDelete, .missingDeleteAgain), (nil, .unknownVerb, .unknownVerbAgain),
    ]
    private static let granted: [(verb: Verb, one: Question, other: Question)] = [
        (.login, .login, .loginOther), (.send, .send, .sendAgain), (.delete, .delete, .deleteAgain),
    ]

    func learnWords(_ dialect: inout Dialect) {
        dialect.greeting = self[.greeting]
        if !greetings.isEmpty, greetings.contains(where: { $0.isEmpty }), greetings.contains(where: { !$0.isEmpty }) {
            let count = greetings.count { !$0.isEmpty }
            dialect.remarks.append("speaks first at \(count) of \(greetings.count) connections")
            dialect.greeting = greetings.first { !$0.isEmpty } ?? []
        }
        if ReplyTranslator.status(dialect.greeting[...]) == Array("ERR".utf8) { dialect.greeting = [] }
        dialect.phrases = bareWords + yes
        for phrase in no where !dialect.phrases.contains(where: { $0.text == phrase.text && $0.verb == phrase.verb }) {
            dialect.phrases.append(phrase)
        }
        dialect.refusalWord = refusalWord(dialect.phrases)
        for reply in [.wrongLogin, .strangerList, .secondLogin, .missing].map({ self[$0] }) + refusals {
            guard let text = ProbeRecord.afterERR(reply), !dialect.afterERR.contains(text) else { continue }
            dialect.afterERR.append(text)
        }
    }

    /// OK and ERR that never have a line feed.
    private var bareWords: [Dialect.Phrase] {
        let all =
            (ProbeRecord.refused.flatMap { [$0.one, $0.other] } + ProbeRecord.granted.flatMap { [$0.one, $0.other] })
            .map { self[$0] }
        return [Dialect.Phrase.Meaning.yes, .no].compactMap { meaning in
            let word = Array(meaning.rawValue.utf8)
            let said = all.filter { $0.starts(with: word) }.map(ProbeRecord.unpadded)
            guard !said.isEmpty, said.allSatisfy({ ProbeRecord.unit($0) == word }) else { return nil }
            return Dialect.Phrase(meaning, nil, Dialect.Sample(word))
        }
    }

    private var no: [Dialect.Phrase] {
        var phrases: [Dialect.Phrase] = []
        for (verb, one, other) in ProbeRecord.refused {
            guard let text = said(one, other, to: verb), !phrases.contains(where: { $0.text == text }) else { continue }
            let mayBeRight = Verb.allCases.contains { right($0).contains { text.length(in: $0[...]) != nil } }
            if let verb, right(verb).contains(where: { text.length(in: $0[...]) != nil }) { continue }
            if verb == nil && mayBeRight { continue }
            phrases.append(Dialect.Phrase(.no, mayBeRight ? verb : nil, text))
        }
        return phrases
    }

    private var yes: [Dialect.Phrase] {
        let all = yesOfVerbs
        // Said for two verbs it is the word of this server.
        guard let text = all.first?.text, all.count > 1, all.allSatisfy({ $0.text == text }),
            !right(.list).contains(where: { text.length(in: $0[...]) != nil })
        else { return all }
        return [Dialect.Phrase(.yes, nil, text)]
    }

    private var yesOfVerbs: [Dialect.Phrase] {
        ProbeRecord.granted.compactMap { verb, one, other in
            guard let text = said(one, other, to: verb), verb != .send || isMailFound else { return nil }
            let refusals = ProbeRecord.refused.filter { $0.verb == verb }.flatMap { [self[$0.one], self[$0.other]] }
            return refusals.contains { text.length(in: $0[...]) != nil } ? nil : Dialect.Phrase(.yes, verb, text)
        }
    }

    /// The line that both replies have, where it is no status; nil: none, or what was sent is in it.
    private func said(_ one: Question, _ other: Question, to verb: Verb?) -> Dialect.Sample? {
        let replies = [self[one], self[other]].map(ProbeRecord.unpadded).map(ProbeRecord.unit)
        guard replies[0].count > 1, ReplyTranslator.status(replies[0][...]) == nil else { return nil }
        let sent = [one, other].map { command($0) }
        for (reply, lines) in zip(replies, sent) {
            let arguments = lines.dropFirst().filter { $0.count > 1 && !names.contains($0) }
            if reply.starts(with: lines[0]) && verb != nil { return nil }
            if verb == nil && reply.firstRange(of: lines[0]) != nil { return nil }
            if arguments.contains(where: { reply.firstRange(of: $0) != nil }) { return nil }
        }
        let masked = names.reduce(replies[0]) { ProbeRecord.masked($0, String(decoding: $1, as: UTF8.self)) }
        let text = Dialect.Sample(masked)
        return text.length(in: replies[1][...]) == replies[1].count ? text : nil
    }

    private var names: [[UInt8]] { [sender, receiver].map { Array($0.utf8) } }

    private func right(_ verb: Verb) -> [[UInt8]] {
        let questions: [Question] =
            switch verb {
            case .login: [.login, .loginOther]
            case .send: isMailFound ? [.send, .sendAgain] : []
            case .list: [.list, .emptyList]
            case .read: number == nil ? [] : [.read]
            case .delete: number == nil ? [] : [.delete]
            case .quit: [.quit]
            }
        return questions.map { self[$0] }.filter { !$0.isEmpty }
    }

    /// The word that begins all of two refusals or more, and no other reply.
    private func refusalWord(_ phrases: [Dialect.Phrase]) -> [UInt8] {
        let refusals = phrases.filter { $0.meaning == .no && !$0.isBareWord }.map(\.text.bytes)
        guard refusals.count > 1, let first = refusals.first else { return [] }
        let word = Array(first.prefix { $0.isLetter }) + first.drop { $0.isLetter }.prefix { $0 == UInt8(ascii: ":") }
        let others = Verb.allCases.flatMap(right)
        guard word.count > 3, refusals.allSatisfy({ $0.starts(with: word) }),
            !others.contains(where: { $0.starts(with: word) })
        else { return [] }
        return word
    }

    /// One line of prose that follows a bare ERR; more than one may be answers to more than one command.
    private static func afterERR(_ reply: [UInt8]) -> Dialect.Sample? {
        let all = lines(of: reply)
        guard all.count == 2, all[0].elementsEqual(Array("ERR".utf8)), !all[1].isEmpty,
            ReplyTranslator.status(all[1]) == nil, all[1].allSatisfy({ $0 >= 32 && $0 < 127 })
        else { return nil }
        return Dialect.Sample(all[1])
    }

    static func unpadded(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.reversed().drop { $0 == 0 }.reversed()) }

    /// Without what is said again at once, as by who answers every line of a command.
    static func once(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(10) else { return unit(bytes) }
        var result: [ArraySlice<UInt8>] = []
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) where result.last != line {
            result.append(line)
        }
        return Array(result.joined(separator: [10]))
    }

    /// Of a reply that came several times, or has more than one line, one.
    static func unit(_ bytes: [UInt8]) -> [UInt8] {
        if let end = bytes.firstIndex(of: 10) { return Array(bytes[...end]) }
        guard bytes.count > 1 else { return bytes }
        for length in 2...bytes.count where bytes.count % length == 0 {
            let unit = bytes.prefix(length)
            if stride(from: 0, to: bytes.count, by: length).allSatisfy({ bytes[$0..<($0 + length)].elementsEqual(unit) }
            ) {
                return Array(unit)
            }
        }
        return bytes
    }
}
