/// The usual form of a file: its header in columns and in order, one blank between the words of a step.

extension Transcript {
    /// The same file in the usual form. Comments, blank lines, texts, and how numbers and times are spelled are the
    /// author's and stay as they are. What comes out means the same, and is its own usual form.
    ///
    /// - Throws: every fault of the file; what is faulty has no usual form.
    package static func formatted(
        _ bytes: [UInt8], path: String, as kind: Kind = .transcript
    ) throws(ParseErrors) -> [UInt8] {
        let lines = try parse(bytes, path: path, as: kind).lines
        let header = lines.prefix { !$0.isEmpty }
        let formatted = formattedHeader(header) + lines[header.count...].map(formattedStep)
        return Array((formatted + [[]]).joined(separator: [UInt8(ascii: "\n")]))
    }
}

/// Lines of `key:     value`, the format first and the other keys in the order of the documentation. A key that is longer
/// than the column has one blank behind its colon.
private func formattedHeader(_ lines: ArraySlice<[UInt8]>) -> [[UInt8]] {
    let order = ["format"] + HeaderReader.keys
    let entries = lines.map { line in
        var cursor = Cursor(line)
        let key = String(decoding: cursor.take(while: isSmallLetter), as: UTF8.self)
        cursor.advance()  // the colon
        cursor.skipBlanks()
        return (place: order.firstIndex(of: key) ?? order.count, key: key, value: cursor.rest)
    }
    return entries.sorted { $0.place < $1.place }.map { entry in
        let label = Array((entry.key + ":").utf8)
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: max(1, 9 - label.count))
        let isList = ["needs", "users", "tags", "limits"].contains(entry.key)
        return label + blanks + (isList ? list(entry.value) : Array(entry.value))
    }
}

/// "a,b,  c" as "a, b, c".
private func list(_ value: ArraySlice<UInt8>) -> [UInt8] {
    let entries = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    return Array(entries.map { $0.drop { $0 == UInt8(ascii: " ") } }.joined(separator: Array(", ".utf8)))
}

private func formattedStep(_ line: [UInt8]) -> [UInt8] {
    let margin = line.prefix { $0 == UInt8(ascii: " ") }
    var step = Cursor(Array(line[margin.count...]))
    // Comments, tags, and the texts of C and S lines are words for word the author's.
    guard let first = step.peek, isSmallLetter(first) else { return line }
    guard step.take("let ") else { return margin + singlySpaced(step.rest) }
    let name = step.word(upTo: UInt8(ascii: "="))
    step.skipBlanks()
    step.advance()  // the equals sign
    step.skipBlanks()
    let value = step.peek == UInt8(ascii: "\"") ? Array(step.rest) : spacedByCommas(step.rest)
    return margin + Array("let \(name) = ".utf8) + value
}

/// One blank between words; what stands in quotation marks stays as it is.
private func singlySpaced(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    unquoted(bytes) { byte, before in byte == UInt8(ascii: " ") && before == UInt8(ascii: " ") ? [] : [byte] }
}

/// "lines( bytes=1,seed=2)" as "lines(bytes=1, seed=2)".
private func spacedByCommas(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    unquoted(bytes) { byte, _ in
        switch byte {
        case UInt8(ascii: " "): []
        case UInt8(ascii: ","): Array(", ".utf8)
        default: [byte]
        }
    }
}

/// `change` says what becomes of a byte outside of quotation marks; it is told what has come out before it.
private func unquoted(_ bytes: ArraySlice<UInt8>, _ change: (UInt8, UInt8?) -> [UInt8]) -> [UInt8] {
    var (result, isQuoted): ([UInt8], Bool) = ([], false)
    for byte in bytes {
        result += isQuoted ? [byte] : change(byte, result.last)
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    }
    return result
}

extension Cursor {
    /// The bytes up to the next blank or `end`; skips the blanks before them.
    fileprivate mutating func word(upTo end: UInt8) -> String {
        skipBlanks()
        return String(decoding: take { $0 != UInt8(ascii: " ") && $0 != end }, as: UTF8.self)
    }
}
