/// How many attempts a user has from an address, and for how long the address is banned afterwards.

package struct BanRules: Sendable {
    /// So many failures of one user from one address ban the address (BAN-1).
    package var attempts = 3
    package var ban = Duration.seconds(60)
    /// Failures are forgotten so long after the last attempt (BAN-15).
    package var idle = Duration.seconds(600)
    /// The leading bits of an IPv6 address that stand for one client.
    package var ipv6Prefix = 64
    /// Counters and bans kept at most, for IPv4 and for IPv6 each.
    package var capacity = 65_536

    package init() {}
}

/// Whose attempts are counted together.
package struct LoginPair: Hashable, Sendable, CustomStringConvertible {
    /// The address a ban would cover.
    package let address: ClientAddress
    /// nil: all malformed names of the address.
    package let user: Username?

    package init(address: ClientAddress, user: Username?) {
        self.address = address
        self.user = user
    }

    package var description: String { "\(user?.description ?? "*")@\(address)" }
}

/// One LOGIN while it waits for its verdict; numbers rise in the order of arrival.
package struct AttemptID: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package static func < (left: AttemptID, right: AttemptID) -> Bool { left.number < right.number }
}

/// What the policy wants done, in this order: a ban is durable before the refusal that follows it is sent.
package enum BanStep: Equatable, Sendable {
    /// Write that this pair is charged with so many attempts, the last at `last`; 0 forgets it.
    case charge(LoginPair, Int, last: Duration)
    /// Ask the directory.
    case ask(AttemptID)
    /// Write the ban, durably.
    case ban(ClientAddress, until: Duration)
    /// The ban is over.
    case lift(ClientAddress)
    /// Answer; the attempt's number means nothing any more, also while the directory is still being asked.
    case answer(AttemptID, Verdict, Cause)
    /// The table was full: so many of the oldest entries made way.
    case madeRoom(Int)

    package enum Cause: String, Sendable {
        case password, malformed, banned
        case noVerdict = "no-verdict"
    }
}
