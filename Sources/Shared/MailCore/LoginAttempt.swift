/// One LOGIN on its way from a session to the gatekeeper, and the verdict on its way back.

/// A name or a password that breaks the rules is nil: it is charged like any other wrong
/// attempt, and the directory never hears of it.
package struct LoginAttempt: Sendable {
    package let address: ClientAddress
    /// Since boot, when its last line was read: its time limit runs from here, wherever it has to wait (LOGIN-9).
    package let arrived: Duration
    /// nil: malformed; all malformed names of an address share one counter.
    package let user: Username?
    /// nil: empty, too long, blanks at the ends, NUL.
    package private(set) var password: Password?

    package init(address: ClientAddress, arrived: Duration, user: Username?, password: Password?) {
        self.address = address
        self.arrived = arrived
        self.user = user
        self.password = password
    }

    /// The longest message `encoded` can return, in bytes.
    package static let maximumMessage = 1 + 16 + 8 + 1 + Username.maximumLength + 1 + Password.maximumLength
    private static let version: UInt8 = 2

    /// version(1) · address(16) · arrival in ns(8) · user length(1) · user · password length(1) · password; length 0 is nil.
    package func encoded() -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(LoginAttempt.maximumMessage)  // a growing array would leave the password behind
        message.append(LoginAttempt.version)
        message += address.bytes
        message += LoginAttempt.bytes(of: arrived)
        message.append(UInt8(user?.bytes.count ?? 0))
        message += user?.bytes ?? []
        message.append(UInt8(password?.bytes.count ?? 0))
        message += password?.bytes ?? []
        return message
    }

    /// The password's bytes, once: their only copy here, for a caller that overwrites them (LOGIN-13). Empty
    /// when there is none.
    package mutating func takePassword() -> [UInt8] {
        defer { password = nil }
        return password?.bytes ?? []
    }

    /// nil when the message is not one that `encoded` makes.
    package init?(decoding message: some Collection<UInt8>) {
        var rest = Array(message)[...]
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        guard take(1)?.first == LoginAttempt.version, let address = take(16).flatMap(ClientAddress.init),
            let arrived = take(8).map(LoginAttempt.duration), let userLength = take(1)?.first,
            let user = take(Int(userLength)),
            let passwordLength = take(1)?.first, let password = take(Int(passwordLength)), rest.isEmpty
        else { return nil }
        self.address = address
        self.arrived = arrived
        self.user = Username(user)
        self.password = Password(password)
        guard self.user != nil || user.isEmpty, self.password != nil || password.isEmpty else { return nil }
    }

    /// Whole nanoseconds, most significant byte first.
    private static func bytes(of duration: Duration) -> [UInt8] {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(bitPattern: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: nanoseconds >> UInt64($0)) }
    }

    private static func duration(of bytes: ArraySlice<UInt8>) -> Duration {
        .nanoseconds(Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }))
    }
}

/// The gatekeeper's answer, one byte on the wire.
package enum Verdict: UInt8, Sendable {
    case accepted = 0x41  // A
    case refused = 0x52  // R
    /// The directory gave no verdict in time; not an attempt (LOGIN-9).
    case unavailable = 0x55  // U
}
