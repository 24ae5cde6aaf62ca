/// Bytes as people can read them: one line, nothing hidden, nothing obeyed by a terminal.

package enum Visible {
    /// Line ends are ⏎, other control bytes and what is no UTF-8 are \xHH; at most `limit` bytes are shown.
    package static func line(_ bytes: some Collection<UInt8>, total: Int? = nil, limit: Int = 200) -> String {
        let total = total ?? bytes.count
        var shown = Array(bytes.prefix(limit))
        // Not half a character at the cut.
        if shown.count < total { while let last = shown.last, last >= 0x80 { shown.removeLast() } }
        let result = characters(shown).joined()
        return total > shown.count ? result + "… (\(total) bytes)" : result
    }

    private static func characters(_ bytes: [UInt8]) -> [String] {
        var result: [String] = []
        var rest = bytes[...]
        while let first = rest.first {
            if first < 0x80 {
                result.append(name(first))
                rest.removeFirst()
            } else if let scalar = leadingScalar(rest) {
                result.append(String(scalar))
                rest.removeFirst(UTF8.encode(scalar)!.count)
            } else {
                result.append(hex(first))
                rest.removeFirst()
            }
        }
        return result
    }

    private static func leadingScalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        // C1 controls and what turns text around are shown by their bytes.
        guard case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.value >= 0xa0,
            !(0x200b...0x200f).contains(scalar.value), !(0x202a...0x202e).contains(scalar.value),
            !(0x2066...0x2069).contains(scalar.value)
        else { return nil }
        return scalar
    }

    private static func name(_ byte: UInt8) -> String {
        switch byte {
        case 10: "⏎"
        case 13: "\\r"
        case 9: "\\t"
        case 0: "\\0"
        case 0x20..<0x7f: String(UnicodeScalar(byte))
        default: hex(byte)
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        return "\\x" + String(Character(digits[Int(byte >> 4)])) + String(Character(digits[Int(byte & 15)]))
    }
}
