/// Durations and sizes as people write them: 58s, 61.999s, -1h; 4096, 70KB, 10MiB.

private let nanosecondsPerUnit: [(unit: String, nanoseconds: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000), ("us", 1_000),
]
private let bytesPerUnit: [(unit: String, bytes: Int)] = [
    ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1_000),
    ("", 1),
]

extension Duration {
    /// nil for anything but a number, at most nine decimals, and a unit; `signed` wants a "+" or "-" before it.
    package init?(written text: String, signed: Bool = false) {
        var digits = text[...]
        var sign: Int64 = 1
        if signed {
            guard let first = digits.popFirst(), first == "+" || first == "-" else { return nil }
            sign = first == "-" ? -1 : 1
        }
        let unit = String(digits.drop { $0.isASCII && ($0.isNumber || $0 == ".") })
        guard let scale = nanosecondsPerUnit.first(where: { $0.unit == unit })?.nanoseconds else { return nil }
        let parts = digits.dropLast(unit.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, let whole = Int64(parts[0]) else { return nil }
        var (nanoseconds, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow, whole >= 0 else { return nil }
        if parts.count == 2 {
            guard (1...9).contains(parts[1].count), let decimals = Int64(parts[1]) else { return nil }
            let divisor = (0..<parts[1].count).reduce(Int64(1)) { power, _ in power * 10 }
            let (product, tooMuch) = decimals.multipliedReportingOverflow(by: scale)
            guard !tooMuch, product % divisor == 0 else { return nil }
            nanoseconds += product / divisor
        }
        self = .nanoseconds(nanoseconds * sign)
    }

    /// In the largest unit that needs no decimals: 90s is 90s, 3600s is 1h.
    package func written(signed: Bool = false) -> String {
        let (seconds, attoseconds) = components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        let sign = nanoseconds < 0 ? "-" : signed ? "+" : ""
        let size = nanoseconds.magnitude
        if size == 0 { return sign + "0s" }
        if let fit = nanosecondsPerUnit.first(where: { size % UInt64($0.nanoseconds) == 0 }) {
            return sign + String(size / UInt64(fit.nanoseconds)) + fit.unit
        }
        let decimals = String(size % 1_000)
        return sign + String(size / 1_000) + "." + String(repeating: "0", count: 3 - decimals.count) + decimals + "us"
    }
}

/// nil for anything but digits and one of KB, MB, GB (powers of 1000), KiB, MiB, GiB (of 1024), or nothing.
package func size(written text: String) -> Int? {
    let unit = String(text.drop { $0.isASCII && $0.isNumber })
    guard let scale = bytesPerUnit.first(where: { $0.unit == unit })?.bytes,
        let number = Int(text.dropLast(unit.count)), number >= 0
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
    return overflow ? nil : bytes
}

package func written(size: Int) -> String {
    let fit = bytesPerUnit.first { size != 0 && size % $0.bytes == 0 } ?? ("", 1)
    return String(size / fit.bytes) + fit.unit
}

extension Cursor {
    mutating func duration(_ what: String, signed: Bool = false) throws(Fault) -> Duration {
        skipBlanks()
        let example = signed ? "-1h or +90s (the sign is needed)" : "58s, 50ms, 61.999s, 5min, 1h"
        let here = fault("give \(what), such as \(example)")
        guard let duration = Duration(written: word(), signed: signed) else { throw here }
        return duration
    }
}
