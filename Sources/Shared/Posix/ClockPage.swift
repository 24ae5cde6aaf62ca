/// Virtual time in a file of one page that a test writes and the programs under test read.

import CPosix
import Glibc
package import SystemPackage

/// The page stays mapped until the process ends.
@safe package struct ClockPage: @unchecked Sendable {
    // Safe to share: every access below is an atomic operation on the mapped page (cposix.c).
    private let page: UnsafeMutableRawPointer

    package enum Failure: Error { case system(Errno), notAClockPage }

    /// Maps an existing page.
    package init(path: String) throws(Failure) {
        unsafe self.page = try ClockPage.map(path, create: false)
        if unsafe cposix_clock_page_is_valid(page) == 0 { throw .notAClockPage }
    }

    /// Makes a page. `flowing`: `wall` and `boot` are offsets to the real clocks; otherwise they are
    /// the time itself and only `advance` moves it.
    package init(creating path: String, flowing: Bool, wall: Duration, boot: Duration) throws(Failure) {
        unsafe self.page = try ClockPage.map(path, create: true)
        unsafe cposix_clock_page_initialise(page, flowing ? 1 : 0, wall.wholeNanoseconds, boot.wholeNanoseconds)
    }

    private static func map(_ path: String, create: Bool) throws(Failure) -> UnsafeMutableRawPointer {
        let size = Int(cposix_clock_page_size())
        do {
            let flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0)
            let file = OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, flags, 0o600) })
            if create { try truncate(file.number, to: size) }
            if try status(of: file.number).size < size { throw Failure.notAClockPage }
            let memory = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
            guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { throw lastErrno() }
            return unsafe memory
        } catch let error as Errno {
            throw .system(error)
        } catch {
            throw .notAClockPage
        }
    }

    /// For reports: not counted as a look.
    package func peekWall() -> Duration { .nanoseconds(unsafe cposix_clock_page_peek_wall(page)) }
    package func wall() -> Duration { .nanoseconds(unsafe cposix_clock_page_wall(page)) }
    package func boot() -> Duration { .nanoseconds(unsafe cposix_clock_page_boot(page)) }
    /// 36 characters, another after each `reboot`.
    package func bootID() -> String {
        let boots = String(unsafe cposix_clock_page_boots(page), radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - boots.count) + boots
    }
    /// How often any process read the wall or boot time.
    package func reads() -> Int64 { unsafe cposix_clock_page_reads(page) }
    /// How often a wait of a preloaded program ended because the page moved.
    package func fired() -> Int64 { unsafe cposix_clock_page_fired(page) }
    /// How often a preloaded program gave the kernel a limit that cannot be seen from outside.
    package func limits() -> Int64 { unsafe cposix_clock_page_limits(page) }

    /// Moves wall and boot time forward together.
    package func advance(by duration: Duration) { unsafe cposix_clock_page_advance(page, duration.wholeNanoseconds) }
    /// Moves the wall clock alone, as an administrator or NTP would.
    package func shiftWall(by duration: Duration) {
        unsafe cposix_clock_page_shift_wall(page, duration.wholeNanoseconds)
    }
    /// Another boot of the machine: boot time starts at 0 and the boot id changes.
    package func reboot() { unsafe cposix_clock_page_reboot(page) }
    package func setFlowing(_ flowing: Bool) { unsafe cposix_clock_page_set_flowing(page, flowing ? 1 : 0) }
}
