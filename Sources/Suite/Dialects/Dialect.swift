/// A dialect: what one server shows differently from the sheet, and the suite understands; a probe finds it.

import Bytes

package struct Dialect: Sendable, Equatable {
    /// What the server sends at connect, before any command; empty: nothing.
    package var greeting: [UInt8] = []
    package var list = ListLayout()
    package var read = ReadLayout()
    /// Prose on a line of its own behind ERR, as the probe recorded it.
    package var afterERR: [Sample] = []
    package var speech = Speech.flight
    /// Of flight, line and byte, the cuts in which commands are understood.
    package var takes = Speech.stream
    /// Several commands in one write are all answered.
    package var pipelines = true
    /// Verbs that are understood in another cut than the rest.
    package var speechOf: [Verb: Speech] = [:]
    /// LIST, READ, DEL, where they want a line with the mailbox's name behind the verb's.
    package var namesMailbox: Set<Verb> = []
    package var replyFraming = ReplyFraming.none
    package var phrases: [Phrase] = []
    /// What all its refusals begin with, where that is not ERR; empty: nothing.
    package var refusalWord: [UInt8] = []
    /// The first mail has the number 0.
    package var countsFromZero = false
    package var unknown: [Unknown] = []
    /// What else was seen, a sentence each.
    package var remarks: [String] = []
    /// No LOGIN is understood in any speech: what was tried, a line each; empty: one is.
    package var failedTries: [String] = []

    package init() {}

    /// An example of a text in which digits stand for any number, and `word` for a user's name.
    package struct Sample: Sendable, Equatable {
        package var bytes: [UInt8]
        static let word: UInt8 = 1
        package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

        /// How many bytes of `line` it covers from its beginning on; nil: it does not fit.
        func length(in line: ArraySlice<UInt8>) -> Int? {
            let (own, other) = compared(with: line)
            return own.isEmpty ? line.count - other.count : nil
        }

        /// Whether it will match once more of the line has arrived.
        func mayBegin(with line: ArraySlice<UInt8>) -> Bool {
            let (own, other) = compared(with: line)
            return !own.isEmpty && other.isEmpty
        }

        /// The rests of both from where they differ.
        private func compared(with line: ArraySlice<UInt8>) -> (own: ArraySlice<UInt8>, other: ArraySlice<UInt8>) {
            var (own, other) = (bytes[...], line)
            while let byte = own.first {
                if byte.isDigit {
                    let rest = other.drop(while: \.isDigit)
                    if rest.count == other.count { break }
                    (own, other) = (own.drop(while: \.isDigit), rest)
                } else if byte == Sample.word {
                    own = own.dropFirst()
                    other = other.drop(while: \.isNameByte)
                } else {
                    guard other.first == byte else { break }
                    (own, other) = (own.dropFirst(), other.dropFirst())
                }
            }
            return (own, other)
        }

        func lengthAtEnd(of line: ArraySlice<UInt8>) -> Int? {
            Sample(bytes.reversed()).length(in: Array(line.reversed())[...])
        }
    }

    /// A value with something before and after it on its line.
    package struct Decoration: Sendable, Equatable {
        package var before = Sample([])
        package var after = Sample([])
        package init(before: Sample = Sample([]), after: Sample = Sample([])) {
            (self.before, self.after) = (before, after)
        }
        package var isBare: Bool { before.bytes.isEmpty && after.bytes.isEmpty }

        func value(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
            guard let start = before.length(in: line) else { return nil }
            let rest = line.dropFirst(start)
            return after.lengthAtEnd(of: rest).map { rest.dropLast($0) }
        }
    }

    package struct ListLayout: Sendable, Equatable {
        /// Lines before the count, such as "OK".
        package var linesBefore = 0
        package var count = Decoration()
        package var entry = Decoration()
        /// Lines after the last subject.
        package var linesAfter = 0
        /// The whole reply where there is no mail, if it has a 0 in it or is a text of its own.
        package var empty = Array("0\n".utf8)
        /// Where there is no mail LIST is answered ERR.
        package var refusesEmpty = false
        /// False: lines follow the count, but the subject is in none of them.
        package var showsSubjects = true
        /// Of each message; the subject stands in the line `subjectLine`, counted from 0.
        package var linesPerEntry = 1
        package var subjectLine = 0
        package var isBare: Bool { self == ListLayout() }
    }

    package enum Field: String, Sendable, CaseIterable { case sender, receiver, subject }

    package struct ReadLayout: Sendable, Equatable {
        package enum Line: Sendable, Equatable { case field(Field, Decoration), other }
        /// False: the message comes at once, without OK.
        package var hasStatus = true
        /// Between OK and the text.
        package var header: [Line] = Field.allCases.map { .field($0, Decoration()) }
        /// Before the text on its first line.
        package var beforeBody = Sample([])
        package var hasFinalDot = true
        /// How the final dot's line ends; a line of the text that ends otherwise is text (SEND-11).
        package var dotEnd: [UInt8] = [10]
        /// From the text's last byte on, where there is no final dot; otherwise what follows the dot's line.
        package var end: [UInt8] = []
        /// Between the text and the final dot stands an empty line that is none of the text's.
        package var hasEmptyLineBeforeDot = false

        package var fields: [Field] { header.compactMap { if case .field(let field, _) = $0 { field } else { nil } } }
        package func shows(_ field: Field) -> Bool { fields.contains(field) }
        package var isBare: Bool { header == ReadLayout().header && beforeBody.bytes.isEmpty }
    }
}
