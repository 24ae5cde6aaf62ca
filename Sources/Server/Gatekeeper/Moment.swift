/// A point in time that can still be understood after the machine has restarted (BAN-10).

package struct Moment: Equatable, Sendable {
    /// Since the boot named by `bootID`.
    package var boot: Duration
    /// Since 1970, as the wall clock said; it may have been moved.
    package var wall: Duration
    package var bootID: String

    package init(boot: Duration, wall: Duration, bootID: String) {
        self.boot = boot
        self.wall = wall
        self.bootID = bootID
    }

    package func advanced(by duration: Duration) -> Moment {
        Moment(boot: boot + duration, wall: wall + duration, bootID: bootID)
    }

    /// How long after `now` this is, between nothing and `longest`. In the same boot the boot clock says so, which
    /// nobody can move; otherwise the wall clock, which is all there is.
    package func left(at now: Moment, atMost longest: Duration) -> Duration {
        let isSameBoot = bootID == now.bootID && bootID != "unknown"
        return min(max(isSameBoot ? boot - now.boot : wall - now.wall, .zero), longest)
    }
}
