/// What a session needs of the world; everything a test replaces.

package import Logging
package import MailCore
package import Posix
package import Spool

package struct SessionWorld {
    package var clock: Clock
    package var limits: Limits
    package var log: Logger
    package var spool: Spool
    /// Readable once the server stops.
    package var stop: Int32
    /// Asks the gatekeeper; answers within the directory's time limit.
    package var verdict: (LoginAttempt) -> Verdict
    /// Told once, when the login is accepted.
    package var loggedIn: () -> Void

    package init(
        clock: Clock, limits: Limits, log: Logger, spool: Spool, stop: Int32,
        verdict: @escaping (LoginAttempt) -> Verdict, loggedIn: @escaping () -> Void
    ) {
        self.clock = clock
        self.limits = limits
        self.log = log
        self.spool = spool
        self.stop = stop
        self.verdict = verdict
        self.loggedIn = loggedIn
    }
}
