/// The program's time: the kernel's clocks, or a clock page that a test moves.

import CPosix
import Glibc
import SystemPackage

/// Time points are `Duration`s: `now()` since boot, `wall()` since 1970 UTC.
package struct Clock: Sendable {
    /// Milliseconds a wait under virtual time lasts before it looks at the page again.
    package static let virtualSlice: Int64 = 20

    private let page: ClockPage?

    /// The kernel's clocks.
    package static let system = Clock(page: nil)

    /// Virtual time from a page; `nil` is the kernel's clocks.
    package init(page: ClockPage?) { self.page = page }

    package var isVirtual: Bool { page != nil }

    /// Time since boot, suspend included (CLOCK_BOOTTIME): what deadlines and bans are measured in.
    package func now() -> Duration { page?.boot() ?? .read(CLOCK_BOOTTIME) }

    /// Time since 1970-01-01 UTC (CLOCK_REALTIME).
    package func wall() -> Duration { page?.wall() ?? .read(CLOCK_REALTIME) }

    /// Names this boot of the machine: /proc/sys/kernel/random/boot_id (36 characters), or the page's.
    package func bootID() -> String {
        if let page { return page.bootID() }
        guard let file = try? Directory.open(path: "/proc/sys/kernel/random").open("boot_id", .readOnly),
            let bytes = try? readWhole(file.number, limit: 36)
        else { return "unknown" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Duration {
    static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Whole nanoseconds, rounded towards zero; enough for 292 years.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// Lets other threads and processes run for a moment of real time, at most some microseconds.
package func pauseBriefly(microseconds: UInt32) { usleep(microseconds) }

/// Lets another thread or process run first (sched_yield(2)).
package func yieldProcessor() { sched_yield() }
