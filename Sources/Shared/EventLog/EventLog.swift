/// One line per event, key=value or JSON, written with one write(2).

package import Logging
package import Posix

/// A log handler for programs that fork: it buffers nothing, so nothing is written twice.
///
/// The message is the event's name; metadata are its fields, in the order of their names:
/// `2026-11-23T10:00:00.000Z info ev=login-ok ip=127.0.0.1 pid=17 user=alice`. Every value is escaped
/// to printable ASCII and at most 256 bytes long, so no client can forge a line or move a terminal.
package struct EventLog: LogHandler {
    package enum Format: String, CaseIterable, Sendable { case text, json }

    package static let maximumValue = 256

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let format: Format
    private let clock: Clock
    private let output: LogOutput

    /// A logger that writes to standard error; times come from `clock`.
    package static func logger(level: Logger.Level, format: Format, clock: Clock) -> Logger {
        logger(level: level, format: format, clock: clock, .standardError)
    }

    /// The same with another sink; `write` gets one whole line with its LF.
    package static func logger(
        level: Logger.Level, format: Format, clock: Clock, write: @escaping @Sendable ([UInt8]) -> Void
    ) -> Logger {
        let output = LogOutput { line, _ in
            write(line)
            return true
        }
        return logger(level: level, format: format, clock: clock, output)
    }

    static func logger(level: Logger.Level, format: Format, clock: Clock, _ output: LogOutput) -> Logger {
        Logger(label: "twmailer") { _ in EventLog(logLevel: level, format: format, clock: clock, output: output) }
    }

    private init(logLevel: Logger.Level, format: Format, clock: Clock, output: LogOutput) {
        self.logLevel = logLevel
        self.format = format
        self.clock = clock
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let own = event.metadata ?? [:]
        let fields = metadata.merging(own) { _, own in own }
        output.write(line("\(event.message)", event.level, fields)) { line("log-lost", .warning, [:]) }
    }

    private func line(_ event: String, _ level: Logger.Level, _ fields: Logger.Metadata) -> [UInt8] {
        let fields = fields.merging(["pid": "\(ProcessID.current)"]) { given, _ in given }
        let pairs = fields.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        return Array((format.line(timestamp(clock.wall()), level, event: event, pairs) + "\n").utf8)
    }
}

extension EventLog.Format {
    func line(_ time: String, _ level: Logger.Level, event: String, _ fields: [(String, String)]) -> String {
        switch self {
        case .text:
            let rest = fields.map { " \($0.0)=\(escaped($0.1, also: " \"="))" }.joined()
            return "\(time) \(level) ev=\(escaped(event, also: " \"="))\(rest)"
        case .json:
            // An escape's own backslash doubles: \x1b arrives at the reader as the text \x1b.
            let quoted = { (text: String) in
                "\"" + escaped(text, also: "").flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : [$0] } + "\""
            }
            let rest = fields.map { ",\(quoted($0.0)):\(quoted($0.1))" }.joined()
            return "{\"time\":\"\(time)\",\"level\":\"\(level)\",\"ev\":\(quoted(event))\(rest)}"
        }
    }
}

/// Printable ASCII; every other byte, the backslash, and the bytes of `also` as \xHH; cut at 256 bytes.
func escaped(_ text: String, also: String) -> String {
    let plain = { (byte: UInt8) in (0x20...0x7e).contains(byte) && byte != 0x5c && !also.utf8.contains(byte) }
    if text.utf8.count <= EventLog.maximumValue, text.utf8.allSatisfy(plain) { return text }  // nearly always
    var result = ""
    for byte in text.utf8 {
        let hex = String(byte, radix: 16)
        let next = plain(byte) ? String(UnicodeScalar(byte)) : "\\x" + (hex.count == 1 ? "0" : "") + hex
        if result.utf8.count + next.utf8.count > EventLog.maximumValue { break }
        result += next
    }
    return result
}

/// "2026-11-23T10:00:00.000Z" from the time since 1970.
func timestamp(_ wall: Duration) -> String {
    let (seconds, attoseconds) = wall.components
    let days = Int((Double(seconds) / 86400).rounded(.down))
    let second = Int(seconds) - days * 86400
    let (year, month, day) = civilDate(daysSince1970: days)
    let pad = { (value: Int, width: Int) in
        String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
    }
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):"
        + "\(pad(second % 60, 2)).\(pad(Int(attoseconds / 1_000_000_000_000_000), 3))Z"
}

/// The Gregorian date; the algorithm is Howard Hinnant's `civil_from_days` (years start in March, so the
/// leap day is the last day of a year).
func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}
