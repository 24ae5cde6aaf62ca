/// The clock page of one transcript: time that the transcript moves; between moves it stands still or flows.

import Posix

/// How a server under test sees the time.
package enum ClockMode: String, Sendable, CaseIterable {
    /// The server reads the page itself: an option or {clock-page} gives it the path.
    case page
    /// The interposer moves the clock, and the server does not know of it.
    case preload
    /// The clock is not moved: waiting takes real time.
    case real
}

package struct VirtualClock: Sendable {
    package let path: String
    private let page: ClockPage

    /// 2026-03-02 12:00:00 UTC, three hours after boot: a value of zero would hide mistakes.
    private static let beginning = (wall: Duration.seconds(1_772_452_800), boot: Duration.seconds(10_800))

    /// Flowing time starts at the machine's own, because a foreign server's files and logs carry it too.
    package init(creating path: String, flowing: Bool) throws(WorldFailure) {
        let beginning = flowing ? (wall: .zero, boot: .zero) : VirtualClock.beginning
        do {
            page = try ClockPage(creating: path, flowing: flowing, wall: beginning.wall, boot: beginning.boot)
        } catch {
            throw .broken("no clock page at \(path): \(error)")
        }
        self.path = path
    }

    package func advance(by duration: Duration) { page.advance(by: duration) }
    package func shiftWall(by duration: Duration) { page.shiftWall(by: duration) }
    package func reboot() { page.reboot() }
    package func setFrozen(_ frozen: Bool) { page.setFlowing(!frozen) }
    /// How often programs under test have read the clock.
    package var reads: Int64 { page.reads() }
    /// Reads, and waits that ended because the clock was moved: they show that the clock reaches the server.
    package var signsOfUse: Int64 { page.reads() + page.fired() }
    /// How often a preloaded server gave the kernel a limit that cannot be seen from outside: SO_RCVTIMEO, SO_SNDTIMEO,
    /// alarm, setitimer, timer_settime, timerfd_settime. It never falls. Of a server that is not preloaded it stays 0
    /// and says nothing.
    package var limitsArmed: Int64 { page.limits() }

    /// Wall time of day, "12:00:59", for reports.
    package var timeOfDay: String {
        let seconds = page.peekWall().components.seconds % 86_400
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
}
