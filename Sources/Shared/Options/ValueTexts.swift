/// How durations, byte counts and foreign words are written on a command line.

private let units: [(suffix: String, length: Duration)] = [
    ("ms", .milliseconds(1)), ("min", .seconds(60)), ("s", .seconds(1)), ("h", .seconds(3600)),
]

/// nil unless it is 1 to 9 digits and one of ms, s, min, h.
package func parseDuration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard (1...9).contains(digits.utf8.count), let number = Int(digits),
        let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
    else { return nil }
    return unit.length * number
}

/// The same notation, in the largest unit that divides it: 60 s is "1min".
package func durationText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
    if seconds % 3600 == 0, seconds > 0 { return "\(seconds / 3600)h" }
    return seconds % 60 == 0 && seconds > 0 ? "\(seconds / 60)min" : "\(seconds)s"
}

func parseByteCount(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard (1...18).contains(digits.utf8.count), let number = Int(digits) else { return nil }
    let shift: Int
    switch text.dropFirst(digits.count) {
    case "": shift = 0
    case "KiB": shift = 10
    case "MiB": shift = 20
    case "GiB": shift = 30
    default: return nil
    }
    let (count, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : count
}

/// In quotes and on one line, whatever it contains.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// The known name closest to a mistyped one: at most a third of it edited (optimal string alignment), or a
/// beginning of only one name.
func nearest(to typed: String, among known: [String]) -> String? {
    let scored = known.map { (name: $0, distance: editDistance(Array(typed.utf8), Array($0.utf8))) }
    if let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= max(1, typed.utf8.count / 3) {
        return best.name
    }
    let continued = known.filter { $0.hasPrefix(typed) }
    return continued.count == 1 ? continued.first : nil
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 1..<(a.count + 1) {
        var row = [i]
        for j in 1..<(b.count + 1) {
            let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            var best = min(replaced, rows[i - 1][j] + 1, row[j - 1] + 1)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
