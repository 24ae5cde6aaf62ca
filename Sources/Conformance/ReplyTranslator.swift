/// Reads a server's replies in its dialect and hands them on as the sheet shows them, noting every difference.
/// What it does not understand passes as it came.

struct ReplyTranslator {
    private enum State: Equatable {
        /// Before the first line of a reply.
        case beginning
        case listBefore(left: Int), listCount, listEntries(left: Int), listAfter(left: Int)
        case readHeader(next: Int), readBody(isFirst: Bool), readAfter(left: Int)
    }

    let dialect: Dialect
    private(set) var deviations: [Deviation] = []
    private var tracker = CommandTracker()
    private var state = State.beginning
    private(set) var isGreeted: Bool
    private var isLoggedIn = false
    /// Nothing came since an ERR, and prose may follow.
    private var isAfterERR = false
    private var held: [UInt8] = []
    private var fields: [Dialect.Field: [UInt8]] = [:]
    /// In a text: the last byte handed on ended a line.
    private var isAtLineStart = true
    private static let longest = 65_536

    init(_ dialect: Dialect) {
        self.dialect = dialect
        isGreeted = dialect.greeting.isEmpty
    }

    mutating func sent(_ writes: [Write]) { tracker.sent(writes) }
    mutating func takeDeviations() -> [Deviation] {
        defer { deviations = [] }
        return deviations
    }

    /// Something is kept back that is handed on once the server rests.
    var isHolding: Bool {
        if !held.isEmpty { return true }
        switch state {
        case .readBody: return !dialect.read.hasFinalDot
        case .listAfter, .readAfter: return true
        default: return false
        }
    }

    mutating func receive(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        held += bytes
        return drain(.open)
    }
    /// Nothing more is under way: what was kept back is all there is.
    mutating func rest() -> [UInt8] { drain(.atRest) }
    mutating func end() -> [UInt8] { drain(.over) }

    private enum Moment { case open, atRest, over }

    private mutating func drain(_ moment: Moment) -> [UInt8] {
        var output: [UInt8] = []
        while let more = step(moment) { output += more }
        return output
    }

    /// One step; nil when more bytes are wanted.
    private mutating func step(_ moment: Moment) -> [UInt8]? {
        if case .readBody(let isFirst) = state { return body(isFirst, moment) }
        if awaitsStatus || state == .readHeader(next: 0) || state == .listCount, held.first == 0 {
            held = Array(held.drop { $0 == 0 })
            note(.nul, [0])
            return []
        }
        if state == .readAfter(left: 0) || state == .listAfter(left: 0) { return finish([]) }
        if held.isEmpty { return moment == .open ? nil : finishEarly() }
        if !isGreeted { return greeting(moment) }
        if isAfterERR { return afterERR(moment) }
        if tracker.due.first == .quit { return quit() }
        if state == .beginning && tracker.due.first == .list, let reply = emptyList(moment) { return reply }
        guard let line = nextLine(moment) else { return nil }
        return understood(line, moment)
    }

    // MARK: Lines

    private struct Line {
        var text: ArraySlice<UInt8>
        /// With its end.
        var count: Int
        enum End { case lineFeed, carriageReturn, nul, none }
        var end: End
    }

    private var awaitsStatus: Bool { state == .beginning }

    private func nextLine(_ moment: Moment) -> Line? {
        // A NUL ends a status as servers send it that take a string's end along; elsewhere it is text.
        guard let stop = held.firstIndex(where: { $0 == 10 || ($0 == 0 && awaitsStatus) }) else {
            if moment == .open && held.count < ReplyTranslator.longest { return nil }
            return Line(text: held[...], count: held.count, end: .none)
        }
        if held[stop] == 0 { return Line(text: held[..<stop], count: stop, end: .nul) }
        if stop > 0, held[stop - 1] == 13 {
            return Line(text: held[..<(stop - 1)], count: stop + 1, end: .carriageReturn)
        }
        return Line(text: held[..<stop], count: stop + 1, end: .lineFeed)
    }

    private mutating func take(_ line: Line) { held.removeFirst(line.count) }

    private mutating func raw(_ line: Line) -> [UInt8] {
        let bytes = Array(held[..<line.count])
        take(line)
        // A NUL that ends no status is shown where it stands.
        if line.end == .nul && bytes.isEmpty {
            held.removeFirst()
            return [0]
        }
        return bytes
    }

    private mutating func note(_ kind: Deviation.Kind, _ shown: some Sequence<UInt8>) {
        if deviations.contains(where: { $0.kind == kind }) { return }
        deviations.append(Deviation(kind, Visible.line(Array(shown))))
    }

    private mutating func noteEnd(_ line: Line) {
        switch line.end {
        case .lineFeed, .nul: break
        case .carriageReturn: note(.lineEnd, Array(line.text) + [13, 10])
        case .none: note(.lineEnd, line.text)
        }
    }

    /// The reply is complete.
    private mutating func finish(_ output: [UInt8]) -> [UInt8] {
        if !tracker.due.isEmpty { tracker.due.removeFirst() }
        (state, fields) = (.beginning, [:])
        return output
    }

    private mutating func finishEarly() -> [UInt8]? {
        if case .listAfter = state { return finish([]) }
        if case .readAfter = state { return finish([]) }
        return nil
    }

    // MARK: Replies

    static func status(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let word = Array(line.prefix { $0.isLetter || $0.isDigit || $0 == 95 })
        return word == Array("OK".utf8) || word == Array("ERR".utf8) ? word : nil
    }

    private mutating func greeting(_ moment: Moment) -> [UInt8]? {
        let expected = dialect.greeting
        if let status = ReplyTranslator.status(held[...]), status == Array("ERR".utf8) {
            isGreeted = true
            return []
        }
        if held.starts(with: expected) {
            held.removeFirst(expected.count)
        } else if expected.starts(with: held) && moment == .open {
            return nil
        } else {
            // A text that changes, such as one with the time: as many lines as it had.
            let ends = held.indices.filter { held[$0] == 10 }
            let lines = expected.count { $0 == 10 }
            if moment == .open && (lines == 0 || ends.count < lines) { return nil }
            held.removeFirst(lines > 0 && ends.count >= lines ? ends[lines - 1] + 1 : held.count)
        }
        isGreeted = true
        note(.greeting, expected.filter { $0 != 0 })
        if expected.contains(0) { note(.nul, expected) }
        return []
    }

    /// Takes away the prose that this server has been heard to say behind its ERR; other text is none of it.
    private mutating func afterERR(_ moment: Moment) -> [UInt8]? {
        let line = held.prefix { $0 != 10 && $0 != 0 }
        let mayGrow = moment == .open && line.count == held.count
        if let length = dialect.afterERR.compactMap({ $0.length(in: line) }).max() {
            if mayGrow && length == held.count { return nil }
            note(.statusText, Array("ERR\n".utf8) + line[..<length])
            held.removeFirst(length)
            if held.first == 10 { held.removeFirst() }
        } else if mayGrow && dialect.afterERR.contains(where: { $0.mayBegin(with: line) }) {
            return nil
        }
        isAfterERR = false
        return []
    }

    private mutating func quit() -> [UInt8]? {
        if held.contains(0) { note(.nul, held) }
        note(.quitText, held.filter { $0 != 0 })
        held = []
        return []
    }

    private mutating func emptyList(_ moment: Moment) -> [UInt8]? {
        let empty = dialect.list.empty
        guard !empty.isEmpty, held.starts(with: empty) else { return nil }
        held.removeFirst(empty.count)
        if empty != Array("0\n".utf8) { note(.listLayout, empty.filter { $0 != 0 }) }
        if empty.contains(0) { note(.nul, empty) }
        return finish(Array("0\n".utf8))
    }

    private mutating func understood(_ line: Line, _ moment: Moment) -> [UInt8]? {
        switch state {
        case .beginning: return beginning(line, moment)
        case .listBefore(let left):
            note(.listLayout, line.text)
            take(line)
            state = left > 1 ? .listBefore(left: left - 1) : .listCount
            return []
        case .listCount: return listCount(line)
        case .listEntries(let left): return listEntry(line, left)
        case .listAfter(let left):
            note(.listLayout, line.text)
            take(line)
            return left > 1 ? stay(.listAfter(left: left - 1)) : finish([])
        case .readHeader(let next): return header(line, next)
        case .readAfter(let left):
            take(line)
            return left > 1 ? stay(.readAfter(left: left - 1)) : finish([])
        case .readBody: return nil
        }
    }

    private mutating func stay(_ new: State) -> [UInt8] {
        state = new
        return []
    }

    private mutating func beginning(_ line: Line, _ moment: Moment) -> [UInt8]? {
        let due = tracker.due.first
        let word = ReplyTranslator.status(line.text)
        if due == .list && word != Array("ERR".utf8) {
            state = dialect.list.linesBefore > 0 ? .listBefore(left: dialect.list.linesBefore) : .listCount
            return []
        }
        if due == .read && word == nil && !dialect.read.hasStatus && beginsMessage(line.text) {
            note(.readStatus, line.text)
            return readMessage()
        }
        guard let word else {
            // No status: text before the connection is closed, or something that is shown as it is.
            if moment == .open && held.count < ReplyTranslator.longest { return nil }
            if moment == .over, due == nil || due == .login, held.allSatisfy({ $0 >= 32 || $0 == 10 || $0 == 13 }) {
                note(.closingText, held)
                held = []
                return []
            }
            return finish(raw(line))
        }
        if due == .list && isLoggedIn && dialect.list.refusesEmpty {
            note(.emptyList, line.text)
            take(line)
            return finish(Array("0\n".utf8))
        }
        if Array(line.text) != word { note(.statusText, line.text) }
        noteEnd(line)
        take(line)
        if due == .login && word == Array("OK".utf8) { isLoggedIn = true }
        if due == .read && word == Array("OK".utf8) { return readMessage() }
        isAfterERR = word == Array("ERR".utf8) && !dialect.afterERR.isEmpty
        return finish(word + [10])
    }

    private mutating func readMessage() -> [UInt8] {
        (state, fields) = (dialect.read.header.isEmpty ? .readBody(isFirst: true) : .readHeader(next: 0), [:])
        isAtLineStart = true
        return Array("OK\n".utf8)
    }

    private func beginsMessage(_ line: ArraySlice<UInt8>) -> Bool {
        guard case .field(_, let decoration)? = dialect.read.header.first else { return true }
        return decoration.value(in: line) != nil
    }

    private mutating func listCount(_ line: Line) -> [UInt8] {
        guard let value = dialect.list.count.value(in: line.text), !value.isEmpty, value.allSatisfy(\.isDigit),
            let count = Int(String(decoding: value, as: UTF8.self))
        else { return finish(raw(line)) }
        if !dialect.list.count.isBare { note(.listLayout, line.text) }
        noteEnd(line)
        let digits = Array(value)
        take(line)
        let after = dialect.list.linesAfter
        state = count > 0 ? .listEntries(left: count) : .listAfter(left: after)
        return digits + [10]
    }

    private mutating func listEntry(_ line: Line, _ left: Int) -> [UInt8] {
        state = left > 1 ? .listEntries(left: left - 1) : .listAfter(left: dialect.list.linesAfter)
        guard let subject = dialect.list.entry.value(in: line.text) else { return raw(line) }
        let isBare = dialect.list.entry.isBare
        if isBare && (line.end == .lineFeed || line.end == .carriageReturn) { return raw(line) }
        if !isBare { note(.listLayout, line.text) }
        noteEnd(line)
        let bytes = Array(subject)
        take(line)
        return bytes + [10]
    }

    private mutating func header(_ line: Line, _ next: Int) -> [UInt8] {
        let layout = dialect.read.header
        switch layout[next] {
        case .other: take(line)
        case .field(let field, let decoration):
            guard let value = decoration.value(in: line.text) else {
                state = .readBody(isFirst: false)
                return shownFields() + raw(line)
            }
            fields[field] = Array(value)
            take(line)
        }
        if next + 1 < layout.count { return stay(.readHeader(next: next + 1)) }
        if !dialect.read.isBare { note(.readLayout, Array(dialect.read.summary.utf8)) }
        state = .readBody(isFirst: true)
        return shownFields()
    }

    private mutating func shownFields() -> [UInt8] {
        defer { fields = [:] }
        return Dialect.Field.allCases.flatMap { fields[$0].map { $0 + [10] } ?? [] }
    }

    // MARK: Texts

    private mutating func body(_ isFirst: Bool, _ moment: Moment) -> [UInt8]? {
        let label = dialect.read.beforeBody.bytes
        if isFirst && !label.isEmpty {
            if held.count < label.count && moment == .open { return nil }
            if let length = dialect.read.beforeBody.length(in: held[...]) { held.removeFirst(length) }
        }
        if isFirst { state = .readBody(isFirst: false) }
        return dialect.read.hasFinalDot ? bodyUpToDot(moment) : bodyUpToRest(moment)
    }

    private mutating func bodyUpToDot(_ moment: Moment) -> [UInt8]? {
        var (output, rest): ([UInt8], ArraySlice<UInt8>) = ([], held[...])
        defer { held = Array(rest) }
        while !rest.isEmpty {
            if isAtLineStart, rest.first == UInt8(ascii: ".") {
                let after = rest.dropFirst()
                switch whetherFinal(after) {
                case nil where moment == .open: return output.isEmpty ? nil : output
                case false?: break
                case nil, true?:
                    rest = after.first == 13 && after.dropFirst().first == 10 ? after.dropFirst() : after
                    if rest.first == 10 { rest = rest.dropFirst() } else { note(.lineEnd, [UInt8(ascii: ".")]) }
                    state = .readAfter(left: dialect.read.end.count { $0 == 10 })
                    return output + Array(".\n".utf8)
                }
            }
            let next = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
            output += rest[..<next]
            rest = rest[next...]
            isAtLineStart = output.last == 10
        }
        if moment == .over { state = .beginning }
        return output.isEmpty ? nil : output
    }

    /// Whether a dot with this behind it ends the reply, as one does that ends as the probed one did; nil: it does if
    /// nothing else comes.
    private func whetherFinal(_ after: ArraySlice<UInt8>) -> Bool? {
        let ends: Set<UInt8> = [10, 0, 13]
        let end = dialect.read.dotEnd
        if after.isEmpty { return nil }
        if end.isEmpty ? ends.contains(after[after.startIndex]) : after.starts(with: end) { return true }
        return after.allSatisfy(ends.contains) ? nil : false
    }

    /// Keeps back as much as the reply's end has bytes; what it says is known once the server rests.
    private mutating func bodyUpToRest(_ moment: Moment) -> [UInt8]? {
        let end = dialect.read.end
        if moment == .open {
            guard held.count > end.count else { return nil }
            let output = Array(held.dropLast(end.count))
            held.removeFirst(output.count)
            isAtLineStart = output.last == 10
            return output
        }
        let fits = held.count >= end.count && held.suffix(end.count).elementsEqual(end)
        var output = fits ? Array(held.dropLast(end.count)) : held
        held = []
        if let last = output.last { isAtLineStart = last == 10 }
        if fits || !isAtLineStart { output.append(10) }
        note(.finalDot, end)
        if end.contains(0) { note(.nul, end) }
        return finish(output + Array(".\n".utf8))
    }
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
