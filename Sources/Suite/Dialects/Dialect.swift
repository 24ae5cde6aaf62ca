/// A dialect: what one server shows differently from the sheet, and the suite understands; a probe finds it.

import Bytes

package struct Dialect: Sendable, Equatable {
    /// What the server sends at connect, before any command; empty: nothing.
    package var greeting: [UInt8] = []
    package var list = ListLayout()
    package var read = ReadLayout()
    /// Prose on a line of its own behind ERR, as the probe recorded it.
    package var afterERR: [Sample] = []

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
        /// The whole reply where there is no mail, if it has a 0 in it.
        package var empty = Array("0\n".utf8)
        /// Where there is no mail LIST is answered ERR.
        package var refusesEmpty = false
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

        package var fields: [Field] { header.compactMap { if case .field(let field, _) = $0 { field } else { nil } } }
        package func shows(_ field: Field) -> Bool { fields.contains(field) }
        package var isBare: Bool { header == ReadLayout().header && beforeBody.bytes.isEmpty }
    }
}

extension Dialect {
    /// What was found, for people; one line each.
    package var summary: [String] {
        var lines: [String] = []
        if !greeting.isEmpty { lines.append("  speaks first: \(Visible.line(greeting))") }
        if !list.isBare {
            var parts: [String] = []
            if list.linesBefore > 0 { parts.append("\(list.linesBefore) line before the count") }
            if !list.count.isBare { parts.append("count as \(list.count.shown("n"))") }
            if !list.entry.isBare { parts.append("mail as \(list.entry.shown("subject"))") }
            if list.linesAfter > 0 { parts.append("\(list.linesAfter) line after the subjects") }
            if list.refusesEmpty { parts.append("without mail ERR") }
            if parts.isEmpty { parts.append("without mail \(Visible.line(list.empty))") }
            lines.append("  LIST: \(parts.joined(separator: ", "))")
        }
        for text in afterERR { lines.append("  ERR is followed by: \(text.shown)") }
        if !read.hasStatus { lines.append("  READ does not begin with OK") }
        if !read.isBare { lines.append("  READ: \(Visible.line(Array(read.summary.utf8)))") }
        if !read.hasFinalDot { lines.append("  READ ends without a dot: its end is where the server falls silent") }
        return lines.isEmpty ? ["Layout: as the sheet shows it"] : ["Dialect:"] + lines
    }
}

extension Dialect.Decoration {
    func shown(_ name: String) -> String { "\(before.shown){\(name)}\(after.shown)" }
}

extension Dialect.ReadLayout {
    /// "From: {sender}⏎Subject: {subject}⏎", for people.
    package var summary: String {
        header.map { line in
            switch line {
            case .other: "(other text)\n"
            case .field(let field, let decoration):
                "\(decoration.before.shown){\(field.rawValue)}\(decoration.after.shown)\n"
            }
        }.joined() + beforeBody.shown + "{text}"
    }
}

extension Dialect.Sample {
    package var shown: String {
        bytes.map { $0 == Dialect.Sample.word ? "{name}" : String(UnicodeScalar($0)) }.joined()
    }
}
