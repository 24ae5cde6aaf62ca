/// The one EINTR loop: a system call's -1 becomes the `Errno` it left behind.

import Glibc
package import SystemPackage

/// The calling thread's `errno`.
package func lastErrno() -> Errno { Errno(rawValue: errno) }

/// Runs a system call again while a signal interrupts it (signal(7)) and throws its errno otherwise.
@discardableResult
package func retrying<Result: BinaryInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = lastErrno()
        if error != .interrupted { throw error }
    }
}
