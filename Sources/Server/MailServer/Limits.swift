/// What one client may take of the server's time and room; zero or nil never means "no limit" by accident.

package struct Limits: Sendable {
    package var sessions = 512
    package var sessionsPerAddress = 128
    /// What of an IPv6 address counts as one address: a host owns a whole network (T29).
    package var ipv6Prefix = 64
    /// Sessions that have not logged in yet.
    package var sessionsBeforeLogin = 128
    /// From the connection to the login, whatever is sent meanwhile.
    package var loginTimeout = Duration.seconds(120)
    /// Between two commands.
    package var idleTimeout = Duration.seconds(600)
    /// For the argument lines of one command, and without a byte inside a message.
    package var frameTimeout = Duration.seconds(60)
    /// Without progress while a reply is being sent.
    package var writeTimeout = Duration.seconds(60)
    /// A message's slowest pace in bytes per second, averaged over `frameTimeout`; asked for only once the message has
    /// taken longer than `idleTimeout`, because people type mail by hand.
    package var minimumBodyRate = 500
    /// In bytes of text; nil: none, as the sheet wants it (SEND-4).
    package var maximumMessage: Int?
    /// How long sessions may finish their command when the server stops.
    package var grace = Duration.seconds(10)

    package init() {}
}

/// Watches that a message keeps the slowest pace allowed (performance is not the point: a client that sends
/// one byte a minute would hold a session for years).
struct Pace {
    private var windowEnd: Duration
    private var bytes = 0

    init(start: Duration, limits: Limits) { windowEnd = start + limits.idleTimeout + limits.frameTimeout }

    /// False when the window that has just ended held too few bytes.
    mutating func keepsUp(with count: Int, at now: Duration, limits: Limits) -> Bool {
        bytes += count
        guard now >= windowEnd else { return true }
        let (seconds, attoseconds) = limits.frameTimeout.components
        let wanted = Double(limits.minimumBodyRate) * (Double(seconds) + Double(attoseconds) / 1e18)
        defer {
            bytes = 0
            windowEnd = now + limits.frameTimeout
        }
        return Double(bytes) >= wanted
    }
}
