/// What a session needs of the world; everything a test replaces.

package import Logging
package import MailCore
package import Posix
package import Spool

/// One object, made before the first fork: a child that copied its members would count each of them up, and every
/// counter would cost it a memory page of its own.
package final class SessionWorld {
    let clock: Clock
    let limits: Limits
    let log: Logger
    /// That of `log`, which cannot be asked without counting up what it holds.
    let logLevel: Logger.Level
    let spool: Spool
    /// Readable once the server stops.
    let stop: Int32
    /// Asks the gatekeeper; answers within the directory's time limit.
    let verdict: (LoginAttempt) -> Verdict
    /// Told once, when the login is accepted, with the session's slot.
    let loggedIn: (Int) -> Void

    package init(
        clock: Clock, limits: Limits, log: Logger, spool: Spool, stop: Int32,
        verdict: @escaping (LoginAttempt) -> Verdict, loggedIn: @escaping (Int) -> Void
    ) {
        self.clock = clock
        self.limits = limits
        self.log = log
        logLevel = log.logLevel
        self.spool = spool
        self.stop = stop
        self.verdict = verdict
        self.loggedIn = loggedIn
    }
}
