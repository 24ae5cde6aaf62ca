/// What is wrong with a transcript, where, and what to do about it.

/// One fault. Rendered as `file:line:column: error: …`, the source line and a caret, as compilers do.
package struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    /// From 1.
    package var line: Int
    /// From 1, in bytes.
    package var column: Int
    package var message: String
    /// The line it stands in, for the caret.
    package var source: [UInt8]

    package init(path: String, line: Int, column: Int, message: String, source: [UInt8] = []) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.source = source
    }

    package var description: String {
        let head = "\(path):\(line):\(column): error: \(message)"
        guard !source.isEmpty else { return head }
        let shown = String(decoding: source.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
        let before = String(decoding: source.prefix(max(0, column - 1)), as: UTF8.self).unicodeScalars.count
        return head + "\n  " + shown + "\n  " + String(repeating: " ", count: before) + "^"
    }
}

/// All faults of one file, in the order of its lines; never empty.
package struct ParseErrors: Error, Sendable, Equatable, CustomStringConvertible {
    package var errors: [ParseError]

    package init(_ errors: [ParseError]) { self.errors = errors.sorted { ($0.line, $0.column) < ($1.line, $1.column) } }

    package var description: String { errors.map(\.description).joined(separator: "\n") }
}
