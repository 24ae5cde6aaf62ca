/// Reads one reply, of whatever pieces it arrives in.

package struct ReplyReader: Sendable {
    package enum Kind: Sendable { case status, list, message }
    package enum Header: Sendable { case sender, receiver, subject }

    package enum Event: Equatable, Sendable {
        case accepted, refused
        case count(Int)
        /// One line of LIST.
        case subject([UInt8])
        case header(Header, [UInt8])
        /// Text: a dot that an earlier piece ended with, if any, then these of the bytes given.
        case body(heldDot: Bool, Range<Int>)
        /// The reply is complete; what follows is not part of it.
        case end
    }

    private enum State {
        case first(Kind)
        case subjects(left: Int)
        case header(Header)
        case body(TextScanner)
        case ending
    }

    /// A subject has 80 characters of at most 4 bytes; other servers may be more generous.
    private static let longestLine = 65_536

    private var state: State
    /// The line being read.
    private var line: [UInt8] = []
    package private(set) var hasBegun = false

    package init(_ kind: Kind) { state = .first(kind) }

    /// The next thing in `bytes[range]`, whose front it takes away; nil when more must arrive.
    /// After `.refused` or `.end` the reply is over.
    package mutating func next(_ bytes: [UInt8], _ range: inout Range<Int>) throws(ClientFailure) -> Event? {
        if case .ending = state { return .end }
        if range.isEmpty { return nil }
        hasBegun = true
        switch state {
        case .first(let kind):
            try checkStart(bytes, range, kind)
            guard let line = try takeLine(bytes, &range) else { return nil }
            return try begin(kind, line)
        case .subjects(let left):
            guard let line = try takeLine(bytes, &range) else { return nil }
            state = left == 1 ? .ending : .subjects(left: left - 1)
            return .subject(line)
        case .header(let header):
            guard let line = try takeLine(bytes, &range) else { return nil }
            switch header {
            case .sender: state = .header(.receiver)
            case .receiver: state = .header(.subject)
            case .subject: state = .body(TextScanner())
            }
            return .header(header, line)
        case .body(let scanner): return takeBody(scanner, bytes, &range)
        case .ending: return .end
        }
    }

    private mutating func begin(_ kind: Kind, _ line: [UInt8]) throws(ClientFailure) -> Event {
        if line == Array("ERR".utf8) {
            state = .ending
            return .refused
        }
        switch kind {
        case .status: state = .ending
        case .message: state = .header(.sender)
        case .list:
            guard let text = String(validating: line, as: UTF8.self), let count = Int(text) else {
                throw fault(kind, line)
            }
            state = count == 0 ? .ending : .subjects(left: count)
            return .count(count)
        }
        return .accepted
    }

    private mutating func takeBody(_ before: TextScanner, _ bytes: [UInt8], _ range: inout Range<Int>) -> Event {
        var scanner = before
        let piece = scanner.take(bytes, range)
        state = piece.end == nil ? .body(scanner) : .ending
        range = (piece.end ?? range.upperBound)..<range.upperBound
        return .body(heldDot: piece.heldDot, piece.text)
    }

    private mutating func takeLine(_ bytes: [UInt8], _ range: inout Range<Int>) throws(ClientFailure) -> [UInt8]? {
        let piece = bytes[range]
        guard let feed = piece.firstIndex(of: UInt8(ascii: "\n")) else {
            line += piece
            range = range.upperBound..<range.upperBound
            if line.count > Self.longestLine {
                let size = Self.longestLine
                throw .failed(
                    .brokenProtocol, "the server sent a line of more than \(size) bytes: \(excerpt(of: line))")
            }
            return nil
        }
        range = (feed + 1)..<range.upperBound
        defer { line = [] }
        return line + piece[..<feed]
    }

    /// Fails at the first byte that no right reply has, rather than wait for the end of a greeting's line.
    private func checkStart(_ bytes: [UInt8], _ range: Range<Int>, _ kind: Kind) throws(ClientFailure) {
        let seen = line + bytes[range]
        let first = seen.prefix { $0 != UInt8(ascii: "\n") }
        let isWhole = first.count < seen.count
        let matches = { (word: String) in
            isWhole ? first.elementsEqual(word.utf8) : Array(word.utf8).starts(with: first)
        }
        if matches("ERR") { return }
        if kind == .list {
            let isCount = first.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && first.count <= 18
            if isCount, !isWhole || !first.isEmpty { return }
        } else if matches("OK") {
            return
        }
        throw fault(kind, seen)
    }

    private func fault(_ kind: Kind, _ seen: [UInt8]) -> ClientFailure {
        let expected = kind == .list ? "a number of messages" : "OK or ERR"
        return .failed(.brokenProtocol, "the server sent \(excerpt(of: seen)) where \(expected) belongs")
    }
}
