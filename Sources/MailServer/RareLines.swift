/// Log lines that a flood of clients may cause, each kind at most once in ten seconds.

import Logging

struct RareLines {
    private static let interval = Duration.seconds(10)
    private var kinds: [String: (last: Duration, hushed: Int)] = [:]

    /// Writes the line, or counts it for the next one of its kind.
    mutating func warn(_ event: Logger.Message, reason: String, ip: String?, at now: Duration, log: Logger) {
        if let (last, hushed) = kinds[reason], now - last < RareLines.interval {
            kinds[reason] = (last, hushed + 1)
            return
        }
        var fields: Logger.Metadata = ["reason": "\(reason)"]
        if let ip { fields["ip"] = "\(ip)" }
        if let hushed = kinds[reason]?.hushed, hushed > 0 { fields["more"] = "\(hushed)" }
        log.warning(event, metadata: fields)
        kinds[reason] = (now, 0)
    }
}
