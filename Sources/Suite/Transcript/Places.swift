/// Where in a file a word stands that something is said about; line and column from 1.

extension Transcript {
    /// The word of the step's line with this number, from 0.
    func place(of step: Step, word: Int = 0) -> (line: Int, column: Int) {
        guard lines.indices.contains(step.line - 1) else { return (step.line, 1) }
        var line = Cursor(lines[step.line - 1])
        for _ in 0..<word { _ = line.word() }
        line.skipBlanks()
        return (step.line, line.column)
    }

    /// An entry of the header's list `key`.
    func place(of entry: String, under key: String) -> (line: Int, column: Int) {
        for (index, line) in lines.prefix(while: { !$0.isEmpty }).enumerated()
        where line.starts(with: Array("\(key):".utf8)) {
            var cursor = Cursor(line)
            cursor.advance(key.utf8.count)
            repeat {
                cursor.advance()  // the colon or a comma
                cursor.skipBlanks()
                let column = cursor.column
                if cursor.take(while: { $0 != UInt8(ascii: ",") }).elementsEqual(entry.utf8) {
                    return (index + 1, column)
                }
            } while !cursor.isAtEnd
        }
        return (1, 1)
    }
}
