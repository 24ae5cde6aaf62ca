/// Signals as bytes in a pipe, handled in ordinary code.

import CPosix
import Glibc
package import SystemPackage

package enum Signals {
    package static let child = SIGCHLD
    package static let terminate = SIGTERM
    package static let interrupt = SIGINT
    package static let kill = SIGKILL
    package static let stop = SIGSTOP
    package static let resume = SIGCONT

    /// Routes each signal into the process's signal pipe and returns its non-blocking read end,
    /// which lives as long as the process.
    package static func catching(_ signals: [Int32]) throws(Errno) -> Int32 {
        let pipe = cposix_signal_pipe()
        if pipe == -1 { throw lastErrno() }
        for signal in signals where cposix_signal_catch(signal) == -1 { throw lastErrno() }
        return pipe
    }

    /// The signals that have arrived since the last call, oldest first.
    package static func arrived(on pipe: Int32) throws(Errno) -> [Int32] {
        var buffer = [UInt8](repeating: 0, count: 256)
        do {
            let count = try read(pipe, into: &buffer, at: 0..<buffer.count)
            return buffer[..<count].map(Int32.init)
        } catch {
            if error == .resourceTemporarilyUnavailable { return [] }
            throw error
        }
    }

    /// In a forked child: gives up the parent's pipe, through which it could send its parent signals.
    package static func forget() { cposix_signal_forget() }

    /// Back to the default action, in a forked child.
    package static func restoreDefault(_ signals: [Int32]) {
        for number in signals { _ = signal(number, SIG_DFL) }
    }

    package static func ignore(_ signals: [Int32]) { for number in signals { _ = signal(number, SIG_IGN) } }

    /// All of them: what its starter has blocked, a program inherits, and a blocked signal wakes nobody.
    package static func unblock() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigprocmask(SIG_SETMASK, &none, nil)
    }

    /// A write to a closed connection fails with EPIPE, one beyond RLIMIT_FSIZE with EFBIG, instead of ending the
    /// process.
    package static func turnIntoErrors() { ignore([SIGPIPE, SIGXFSZ]) }

    /// INT, TERM and HUP, which terminals and service managers send to a whole group, do nothing: for a program
    /// whose parent decides when it ends.
    package static func ignoreRequestsToEnd() { ignore([SIGINT, SIGTERM, SIGHUP]) }
}
