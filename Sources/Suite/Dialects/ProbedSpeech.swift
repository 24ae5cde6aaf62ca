/// Which speech a server has: the first rung of the ladder on which LOGIN tells a right password from a wrong one.

import Bytes

extension ProbeRecord {
    /// The rung that shows the server's speech; nil: none does.
    package var chosen: Try? {
        let counting = tries.filter(\.counts)
        guard let first = counting.first else { return tries.first { $0.letsEverybodyIn } }
        return first.speech == .line ? counting.first { $0.speech == .verb } ?? first : first
    }

    /// The server's speech as far as it is known.
    package var speech: Speech { chosen?.speech ?? .flight }

    func learnSpeech(_ dialect: inout Dialect) {
        (dialect.namesMailbox, dialect.speechOf) = (namesMailbox, speechOf)
        guard let chosen else {
            dialect.failedTries = tries.map { "\($0.speech.title): \($0.shown)" }
            return
        }
        dialect.speech = chosen.speech
        learnCuts(chosen, &dialect)
        // One of two LISTs in one write was answered and the other was not.
        if !self[.pipelined].isEmpty, !self[.list].isEmpty {
            dialect.pipelines = ProbeRecord.alike(self[.pipelined], self[.list] + self[.list])
        }
        if !chosen.counts {
            dialect.remarks.append("lets in whoever asks: a wrong password is answered as a right one")
        }
    }

    private func learnCuts(_ chosen: Try, _ dialect: inout Dialect) {
        if chosen.speech.isFraming {
            dialect.takes = []
            return
        }
        // What was not tried is taken.
        let refused = cuts.filter { cut in
            !ProbeRecord.alike(cut.right, of: cut.user, chosen.right, of: chosen.user)
                || !ProbeRecord.alike(cut.list, chosen.list)
                || !(cut.send.isEmpty && self[.send].isEmpty || ProbeRecord.alike(cut.send, self[.send]))
        }
        let failed = tries.filter { !$0.counts && $0 != chosen }.map(\.speech) + refused.map(\.speech)
        dialect.takes = Speech.stream.subtracting(failed)
    }

    /// Equal but for numbers.
    static func alike(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        Dialect.Sample(left).length(in: right[...]) == right.count
    }

    /// Equal but for numbers, and each with the name of its own user.
    static func alike(_ left: [UInt8], of one: String, _ right: [UInt8], of other: String) -> Bool {
        alike(masked(left, one), right) || alike(masked(right, other), left) || alike(left, right)
    }

    static func masked(_ bytes: [UInt8], _ name: String) -> [UInt8] {
        guard let around = word(name, in: bytes[...]) else { return bytes }
        return around.before.bytes + [Dialect.Sample.word] + around.after.bytes
    }

    // MARK: Frames of replies

    var replyFraming: Dialect.ReplyFraming {
        guard let chosen else { return .none }
        let replies = [chosen.wrong, chosen.right, chosen.list]
        switch chosen.speech {
        case .length, .lengthLittle:
            for isBig in [chosen.speech == .length, chosen.speech != .length] {
                let framing = Dialect.ReplyFraming.length(isBigEndian: isBig)
                if framing.fits(replies) { return framing }
            }
        case .lengthLine: if Dialect.ReplyFraming.lengthLine.fits(replies) { return .lengthLine }
        case .nul: if replies.contains(where: { $0.contains(0) }) { return .nul }
        case .flight, .line, .verb, .byte, .dot: break
        }
        return blocks(chosen.wrong, chosen.right, [chosen.wrong, chosen.right, chosen.list, self[.list], self[.read]])
    }

    /// Two texts of different lengths in as many bytes, each ended by a NUL: blocks, and what follows a NUL is none of it.
    private func blocks(_ one: [UInt8], _ other: [UInt8], _ all: [[UInt8]]) -> Dialect.ReplyFraming {
        let texts = [one, other].map { bytes in bytes.firstIndex(of: 0).map { $0 } }
        guard one.count == other.count, one.count >= 8, let first = texts[0], let second = texts[1], first != second,
            all.allSatisfy({ $0.count % one.count == 0 })
        else { return .none }
        return .block(one.count)
    }
}

extension ProbeRecord.Try {
    /// A right and a wrong LOGIN get different replies, none of them what was sent, and LIST is answered, or the server
    /// ends at it, which is a fault of LIST.
    var counts: Bool {
        let (yes, no) = (ProbeRecord.once(right), ProbeRecord.once(wrong))
        return !yes.isEmpty && (!list.isEmpty || endedAtList) && !ProbeRecord.alike(yes, of: user, no, of: user)
            && ReplyTranslator.status(yes[...]) != Array("ERR".utf8)
            && ![right, wrong].contains { $0.starts(with: Array("LOGIN".utf8)) }
            && !list.starts(with: Array("LIST".utf8))
    }

    /// OK to both: a fault of LOGIN, and no other speech.
    var letsEverybodyIn: Bool {
        let ok = Array("OK".utf8)
        return ReplyTranslator.status(right[...]) == ok && ReplyTranslator.status(wrong[...]) == ok && !list.isEmpty
    }
}
