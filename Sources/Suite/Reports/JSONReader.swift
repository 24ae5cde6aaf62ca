/// Reads one JSON text (RFC 8259). Fractions are refused: the reports hold none.

import Transcript

struct JSONReader {
    private var rest: ArraySlice<UInt8>
    private let length: Int
    private static let deepest = 32

    struct Fault: Error, Equatable {
        /// From 0.
        var offset: Int
        var message: String
    }

    static func read(_ bytes: ArraySlice<UInt8>) throws(Fault) -> JSON {
        var reader = JSONReader(rest: bytes, length: bytes.endIndex)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.rest.isEmpty else { throw reader.fault("something follows the value") }
        return value
    }

    private func fault(_ message: String) -> Fault { Fault(offset: length - rest.count, message: message) }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }

    private mutating func take(_ byte: Character) -> Bool {
        skipBlanks()
        guard rest.first == byte.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func value(depth: Int) throws(Fault) -> JSON {
        guard depth < JSONReader.deepest else { throw fault("it is nested too deeply") }
        if take("{") { return try object(depth) }
        if take("[") { return try list(depth) }
        if take("\"") { return .text(try string()) }
        let word = rest.prefix { $0 > 0x20 && !",]}".utf8.contains($0) }
        let text = String(decoding: word, as: UTF8.self)
        switch text {
        case "null": rest.removeFirst(4); return .null
        case "true": rest.removeFirst(4); return .flag(true)
        case "false": rest.removeFirst(5); return .flag(false)
        default:
            guard let number = Int(text) else { throw fault("no value stands here") }
            rest.removeFirst(word.count)
            return .number(number)
        }
    }

    private mutating func list(_ depth: Int) throws(Fault) -> JSON {
        var items: [JSON] = []
        if take("]") { return .list([]) }
        repeat { items.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw fault("a list lacks its end") }
        return .list(items)
    }

    private mutating func object(_ depth: Int) throws(Fault) -> JSON {
        var fields: [(String, JSON)] = []
        if take("}") { return .object([]) }
        repeat {
            guard take("\"") else { throw fault("a name is missing") }
            let name = try string()
            guard take(":") else { throw fault("a colon is missing") }
            fields.append((name, try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw fault("an object lacks its end") }
        return .object(fields)
    }

    /// Behind the opening quote.
    private mutating func string() throws(Fault) -> String {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case 0x22:
                guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("a text is no UTF-8") }
                return text
            case 0x5c: try escape(into: &bytes)
            case 0..<0x20: throw fault("a text holds a control byte")
            default: bytes.append(byte)
            }
        }
        throw fault("a text lacks its end")
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(Fault) {
        switch rest.popFirst().map({ Unicode.Scalar($0) }) {
        case "\""?: bytes.append(0x22)
        case "\\"?: bytes.append(0x5c)
        case "/"?: bytes.append(0x2f)
        case "b"?: bytes.append(8)
        case "f"?: bytes.append(12)
        case "n"?: bytes.append(10)
        case "r"?: bytes.append(13)
        case "t"?: bytes.append(9)
        case "u"?: bytes += UTF8.encode(try unicode())!
        default: throw fault("an unknown escape")
        }
    }

    private mutating func unicode() throws(Fault) -> Unicode.Scalar {
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, rest.popFirst() == 0x5c, rest.popFirst() == 0x75 else { throw fault("half a pair") }
        let second = try unit()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw fault("half a pair") }
        return scalar
    }

    private mutating func unit() throws(Fault) -> UInt32 {
        let digits = rest.prefix(4)
        guard digits.count == 4, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw fault("four hexadecimal digits are missing")
        }
        rest.removeFirst(4)
        return value
    }
}
