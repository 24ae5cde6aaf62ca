/// A file descriptor that has exactly one owner and is closed exactly once.

import CPosix
import Glibc
package import SystemPackage

package struct OwnedDescriptor: ~Copyable {
    /// The descriptor's number; valid for as long as the owner lives.
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(number) }

    /// Closes now and reports what close(2) said. Never retried: after an error the
    /// descriptor's state is unspecified and on Linux it is gone.
    package consuming func close() throws(Errno) {
        let number = release()
        if Glibc.close(number) == -1 { throw lastErrno() }
    }

    /// In a forked child that leaves by `exitNow`, so that no deinit follows: the owner's page stays shared with the parent.
    package borrowing func closeInChild() { _ = Glibc.close(number) }

    /// Gives the number away; nobody closes it any more.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// A second descriptor for the same open file (F_DUPFD_CLOEXEC).
    package func duplicate() throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(owning: try retrying { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Lets a child inherit the descriptor across exec, or not.
    package func setInherited(_ inherited: Bool) throws(Errno) {
        _ = try retrying { fcntl(number, F_SETFD, inherited ? 0 : FD_CLOEXEC) }
    }

    package func setNonblocking(_ on: Bool) throws(Errno) {
        let flags = try retrying { fcntl(number, F_GETFL) }
        _ = try retrying { fcntl(number, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
    }
}

/// Opens /dev/null for each of 0, 1 and 2 that a careless parent has closed: the next socket or file of ours would get
/// its number, and what is meant for the user would go to the network.
package func openStandardDescriptors() {
    while let opened = try? retrying({ unsafe Glibc.open("/dev/null", O_RDWR) }) {
        if opened > 2 {
            _ = Glibc.close(opened)
            return
        }
    }
}

/// Closes what a careless parent has left open, before anything of our own is (close_range(2)).
package func closeInheritedDescriptors(from first: Int32) { cposix_close_from(first) }

extension Optional where Wrapped == OwnedDescriptor {
    /// The descriptor's number; -1, which no call takes for a descriptor, when there is none.
    package var number: Int32 {
        switch self {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }
}

/// The two ends of a pipe(7), both close-on-exec; an end that is set to nil is closed.
package struct Pipe: ~Copyable {
    package var reading: OwnedDescriptor?
    package var writing: OwnedDescriptor?

    package static func make() throws(Errno) -> Pipe {
        var ends: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutablePointer(to: &ends) { ends in
            unsafe ends.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe cposix_pipe($0) }
        }
        if result == -1 { throw lastErrno() }
        return Pipe(reading: OwnedDescriptor(owning: ends.0), writing: OwnedDescriptor(owning: ends.1))
    }

    /// Closes the writing end.
    package consuming func intoReading() -> OwnedDescriptor { reading.take()! }
    /// Closes the reading end.
    package consuming func intoWriting() -> OwnedDescriptor { writing.take()! }
}
