/// poll(2) with a deadline that follows the program's clock, real or virtual.

import Glibc
package import SystemPackage

package struct PollEntry {
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int16
        package init(rawValue: Int16) { self.rawValue = rawValue }
        package static let readable = Events(rawValue: Int16(POLLIN))
        package static let writable = Events(rawValue: Int16(POLLOUT))
        package static let hangUp = Events(rawValue: Int16(POLLHUP))
        package static let failed = Events(rawValue: Int16(POLLERR | POLLNVAL))
    }
    package var descriptor: Int32
    package var wanted: Events
    package var ready: Events = []

    /// A negative descriptor is passed over.
    package init(_ descriptor: Int32, _ wanted: Events) {
        self.descriptor = descriptor
        self.wanted = wanted
    }
}

extension Clock {
    /// Waits until an entry is ready, a signal arrives, or the clock reaches `deadline`.
    ///
    /// - Returns: the number of entries that are ready; 0 at the deadline, or when a signal
    ///   interrupted (the caller looks at its signal pipe and at the clock again).
    package func poll(_ entries: inout [PollEntry], until deadline: Duration?) throws(Errno) -> Int {
        var raw = entries.map { pollfd(fd: $0.descriptor, events: $0.wanted.rawValue, revents: 0) }
        defer { for index in entries.indices { entries[index].ready = .init(rawValue: raw[index].revents) } }
        while true {
            let slice = milliseconds(until: deadline)
            let count = unsafe Glibc.poll(&raw, nfds_t(raw.count), slice)
            if count > 0 { return Int(count) }
            if count == -1 {
                let error = lastErrno()
                if error == .interrupted { return 0 }
                throw error
            }
            if let deadline, now() >= deadline { return 0 }
        }
    }

    /// Waits for one descriptor; false at the deadline.
    package func wait(
        for events: PollEntry.Events, on descriptor: Int32, until deadline: Duration?
    ) throws(Errno) -> Bool {
        var entries = [PollEntry(descriptor, events)]
        while try poll(&entries, until: deadline) == 0 {
            if let deadline, now() >= deadline { return false }
        }
        return true
    }

    /// A poll(2) time-out that does not end before `deadline`; under virtual time never
    /// longer than one slice, because the page moves without waking anybody.
    private func milliseconds(until deadline: Duration?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - now()
        if left <= .zero { return 0 }
        let (seconds, attoseconds) = left.components
        let rounded = min(seconds, 1_000_000) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(min(rounded, isVirtual ? Clock.virtualSlice : Int64(Int32.max)))
    }
}
