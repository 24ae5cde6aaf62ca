/// The number of a message in LIST, as READ and DEL take it.

/// Decimal digits without sign, blanks or leading zeros, at least 1 (READ-2, READ-7). It is a position and
/// never part of a path (READ-3).
package struct MessageNumber: Hashable, Sendable {
    package let value: Int

    package init?(_ bytes: some Collection<UInt8>) {
        guard let first = bytes.first, first != UInt8(ascii: "0"), bytes.count <= 18 else { return nil }
        var value = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        self.value = value
    }
}

/// As LIST writes a count. Not by way of a String, whose making takes a session through eight pages of code.
package func decimalDigits(_ count: Int) -> [UInt8] {
    var (rest, digits): (Int, [UInt8]) = (count, [])
    repeat {
        digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
    } while rest > 0
    digits.reverse()
    return digits
}
