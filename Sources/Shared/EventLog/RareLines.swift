/// Log lines that a flood of clients may cause, each kind at most once in ten seconds.

package import Logging

package struct RareLines {
    private static let interval = Duration.seconds(10)
    private var kinds: [String: (last: Duration, hushed: Int)] = [:]

    package init() {}

    /// Writes the line, or counts it for the next one with its event and reason.
    package mutating func warn(
        _ event: Logger.Message, reason: String, _ fields: Logger.Metadata = [:], at now: Duration, log: Logger
    ) {
        let kind = "\(event) \(reason)"
        if let (last, hushed) = kinds[kind], now - last < RareLines.interval {
            kinds[kind] = (last, hushed + 1)
            return
        }
        var fields = fields
        fields["reason"] = "\(reason)"
        if let hushed = kinds[kind]?.hushed, hushed > 0 { fields["more"] = "\(hushed)" }
        log.warning(event, metadata: fields)
        kinds[kind] = (now, 0)
    }
}
