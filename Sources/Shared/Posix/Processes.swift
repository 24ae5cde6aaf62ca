/// Processes: fork, spawn, wait, and the ties between parent and child.

import CPosix
import Glibc
package import SystemPackage

package struct ProcessID: Hashable, Sendable, CustomStringConvertible {
    package let number: Int32
    package init(_ number: Int32) { self.number = number }
    package var description: String { String(number) }
}

package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    init(status: Int32) {
        // waitpid(2)'s WIFEXITED and friends are macros and do not reach Swift.
        self = status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: status & 0x7f)
    }

    package var description: String {
        switch self {
        case .exited(let code): "exit=\(code)"
        case .killed(let signal): "signal=\(signal)"
        }
    }
}

package enum Fork { case child, parent(of: ProcessID) }

extension ProcessID {
    package static var current: ProcessID { ProcessID(getpid()) }
    package static var parent: ProcessID { ProcessID(getppid()) }

    /// fork(2). Only a program with one thread may call this: a child has no other.
    package static func fork() throws(Errno) -> Fork {
        let pid = Glibc.fork()
        switch pid {
        case -1: throw lastErrno()
        case 0: return .child
        default: return .parent(of: ProcessID(pid))
        }
    }

    package func send(signal: Int32) throws(Errno) {
        if kill(number, signal) == -1 { throw lastErrno() }
    }

    /// The whole process group led by this process.
    package func sendToGroup(signal: Int32) throws(Errno) {
        if kill(-number, signal) == -1 { throw lastErrno() }
    }

    /// Waits for this child to end.
    package func wait() throws(Errno) -> Ending {
        var status: Int32 = 0
        try retrying { unsafe waitpid(number, &status, 0) }
        return Ending(status: status)
    }

    /// This child's end, or nil while it runs.
    package func ended() throws(Errno) -> Ending? {
        var status: Int32 = 0
        return try retrying { unsafe waitpid(number, &status, WNOHANG) } == 0 ? nil : Ending(status: status)
    }

    /// Any child that has ended, or nil when none has (or none is left).
    package static func reap() throws(Errno) -> (ProcessID, Ending)? {
        var status: Int32 = 0
        do {
            let pid = try retrying { unsafe waitpid(-1, &status, WNOHANG) }
            return pid == 0 ? nil : (ProcessID(pid), Ending(status: status))
        } catch {
            if error == .noChildProcess { return nil }
            throw error
        }
    }
}

/// Ends this process with `signal` when its parent's thread ends (PR_SET_PDEATHSIG), also when the
/// parent was gone before the call.
package func dieWithParent(_ parent: ProcessID, signal: Int32 = SIGKILL) {
    _ = cposix_die_with_parent(signal)
    if ProcessID.parent != parent { exitNow(0) }
}

/// Ends this process by SIGALRM when it still runs then (alarm(2)); whole seconds, at least one.
package func endAfter(seconds: Int) { _ = alarm(UInt32(max(1, seconds))) }

/// Leaves without running exit handlers: a forked child must not flush its parent's buffers.
package func exitNow(_ code: Int32) -> Never { _exit(code) }

/// No core dump, because memory may hold passwords and mail, and nobody of the same user may look into the process
/// (PR_SET_DUMPABLE). Forked children inherit it; a program that is started does not.
package func forbidDumps() {
    ResourceLimit.cores.lower(to: 0)
    _ = cposix_forbid_dumps()
}

/// Neither this process nor its children can gain rights by exec (PR_SET_NO_NEW_PRIVS).
package func forbidNewPrivileges() { _ = cposix_forbid_new_privileges() }

/// Freed memory is put together at once, not all of it at some later allocation (mallopt(3), M_MXFAST): that would be
/// in a forked child, which then copies every page of it.
package func mergeFreedMemory() { _ = cposix_merge_freed_memory() }

/// The folder of the running program (/proc/self/exe).
package func programFolder() throws(Errno) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var span = buffer.mutableSpan
    let count = try unsafe span.withUnsafeMutableBytes { (bytes) throws(Errno) in
        try retrying {
            unsafe readlink(
                "/proc/self/exe", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }
    let path = String(decoding: buffer[..<count], as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
}
