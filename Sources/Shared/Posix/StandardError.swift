/// Writes log lines to standard error without ever waiting for its reader.

import Glibc
package import SystemPackage

/// Reopens standard error where it is a pipe or a terminal: one that takes nothing, as after ^S, then says so (EAGAIN)
/// instead of stopping whoever logs. The flag is of the opening (open(2)), so nobody else who writes there notices.
package func keepStandardErrorFromBlocking() {
    var status = stat()
    guard unsafe fstat(2, &status) == 0, [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT),
        let opened = try? retrying({
            unsafe Glibc.open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        })
    else { return }
    _ = dup2(opened, 2)
    _ = Glibc.close(opened)
}

/// How standard error is written to without waiting.
package enum StandardError: Sendable {
    /// A file, or opened anew by `keepStandardErrorFromBlocking`.
    case neverBlocks
    case socket
    /// A pipe that another user has made, say: it is asked before (poll(2)), and has room for a line if it has any.
    case mayBlock

    package static func examined() -> StandardError {
        var status = stat()
        guard unsafe fstat(2, &status) == 0 else { return .neverBlocks }
        if status.st_mode & S_IFMT == S_IFSOCK { return .socket }
        let flags = (try? retrying { fcntl(2, F_GETFL) }) ?? 0
        return status.st_mode & S_IFMT == S_IFREG || flags & O_NONBLOCK != 0 ? .neverBlocks : .mayBlock
    }

    /// - Parameter line: at most PIPE_BUF bytes, 4096.
    /// - Throws: `.wouldBlock` where nobody makes room.
    package func write(_ line: [UInt8]) throws(Errno) {
        switch self {
        case .neverBlocks: break
        case .socket:
            try retrying { unsafe send(2, line, line.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
            return
        case .mayBlock:
            guard try Clock.system.wait(for: .writable, on: 2, until: .zero) else { throw .wouldBlock }
        }
        try writeAll(2, line.span)
    }
}
