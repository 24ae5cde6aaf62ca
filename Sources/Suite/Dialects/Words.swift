/// What a server says instead of OK and ERR, as the probe has heard it.

import Bytes

extension Dialect {
    /// A text that is read as a status.
    package struct Phrase: Sendable, Equatable {
        package enum Meaning: String, Sendable { case yes = "OK", no = "ERR" }
        package var meaning: Meaning
        /// Whose reply it is; nil: of any.
        package var verb: Verb?
        package var text: Sample

        package init(_ meaning: Meaning, _ verb: Verb?, _ text: Sample) {
            (self.meaning, self.verb, self.text) = (meaning, verb, text)
        }

        /// It is the sheet's word, and lacks nothing but its line feed.
        var isBareWord: Bool { text.bytes == Array(meaning.rawValue.utf8) }
    }

    /// How a server puts its replies into frames.
    package enum ReplyFraming: Sendable, Equatable {
        case none
        case length(isBigEndian: Bool)
        case lengthLine
        case nul
        /// Every reply is a block of so many bytes, its text ended by a NUL.
        case block(Int)
    }

    /// A command that the probe could not make sense of, and the sentence that says so.
    package struct Unknown: Sendable, Equatable {
        package var verb: Verb
        package var sentence: String
        package init(_ verb: Verb, _ sentence: String) { (self.verb, self.sentence) = (verb, sentence) }
    }
}

/// A reply read as a status.
struct SpokenStatus {
    var meaning: Dialect.Phrase.Meaning
    /// With its line's end.
    var count: Int
    var deviation: Deviation.Kind
}

extension Dialect {
    enum Reading { case status(SpokenStatus), mayCome, none }

    /// What `held` begins with, where that is a phrase of this server.
    func phrase(_ held: HeldBytes, due verb: Verb?) -> Reading {
        let known = phrases.filter { $0.verb == nil || $0.verb == verb }
        let bytes = held.bytes[...]
        let fitting = known.compactMap { phrase in phrase.text.length(in: bytes).map { (phrase, $0) } }
        let best = fitting.max { $0.1 < $1.1 }
        if held.mayGrow, known.contains(where: { $0.text.mayBegin(with: bytes) }) { return .mayCome }
        guard let (phrase, length) = best else { return byFirstWord(held) }
        let isEnded = phrase.text.bytes.last == 10
        let end = isEnded ? 0 : bytes.dropFirst(length).starts(with: [10]) ? 1 : 0
        let kind: Deviation.Kind = phrase.isBareWord ? .noLineFeed : .words
        return .status(SpokenStatus(meaning: phrase.meaning, count: length + end, deviation: kind))
    }

    /// All its refusals begin with one word: so does one that was not heard.
    private func byFirstWord(_ held: HeldBytes) -> Reading {
        guard !refusalWord.isEmpty else { return .none }
        guard held.bytes.starts(with: refusalWord) else {
            return held.mayGrow && refusalWord.starts(with: held.bytes) ? .mayCome : .none
        }
        guard let line = held.line(endsAtNUL: true) else { return .mayCome }
        return .status(SpokenStatus(meaning: .no, count: line.count, deviation: .words))
    }
}
