/// Small questions about bytes, and bytes as hexadecimal digits.

extension UInt8 {
    package var isDigit: Bool { self >= 48 && self <= 57 }
    package var isLetter: Bool { (self | 32) >= 97 && (self | 32) <= 122 }
    package var isNameByte: Bool { isDigit || isLetter || self == 45 || self == 46 || self == 95 }
}

extension BidirectionalCollection<UInt8> {
    package func firstRange(of other: [UInt8]) -> Range<Index>? {
        var start = startIndex
        while start != endIndex {
            if self[start...].starts(with: other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}

package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    package static func bytes(_ text: String) -> [UInt8]? {
        let values = text.utf8.map { digits.firstIndex(of: $0) }
        guard values.count % 2 == 0, !values.contains(nil) else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0]! << 4 | values[$0 + 1]!) }
    }
}
