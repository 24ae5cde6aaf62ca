/// Unix sockets; those with a name keep message boundaries (SOCK_SEQPACKET).

import CPosix
import Glibc
package import SystemPackage

package struct SocketPair: ~Copyable {
    package let first: OwnedDescriptor
    package let second: OwnedDescriptor
}

extension Sockets {
    /// A listener at `name` in `folder`, mode 0600. The path goes through /proc/self/fd, because
    /// a socket's own path may have 108 bytes at most (unix(7)).
    package static func listenLocally(_ folder: borrowing Directory, _ name: String) throws(Errno) -> OwnedDescriptor {
        let socket = try make(AF_UNIX, SOCK_SEQPACKET, nonblocking: true)
        do { try folder.unlink(name) } catch { if error != .noSuchFileOrDirectory { throw error } }
        let mask = umask(0o177)
        defer { umask(mask) }
        let path = localPath(folder, name)
        try retrying { unsafe withLocalAddress(path) { unsafe bind(socket.number, $0, $1) } }
        try retrying { Glibc.listen(socket.number, 4096) }
        return socket
    }

    /// The path of `name` in an open folder, for as long as the folder's descriptor is open.
    package static func localPath(_ folder: borrowing Directory, _ name: String) -> String {
        "/proc/self/fd/\(folder.descriptor.number)/\(name)"
    }

    /// `path`: of `localPath`.
    package static func connectLocally(_ path: String) throws(Errno) -> OwnedDescriptor {
        let socket = try make(AF_UNIX, SOCK_SEQPACKET, nonblocking: false)
        try retrying { unsafe withLocalAddress(path) { unsafe Glibc.connect(socket.number, $0, $1) } }
        return socket
    }

    /// Two connected sockets; with `keepingMessages` each send is one receive.
    package static func pair(keepingMessages: Bool) throws(Errno) -> SocketPair {
        var ends: [Int32] = [-1, -1]
        let kind = keepingMessages ? SOCK_SEQPACKET : SOCK_STREAM
        try retrying { unsafe socketpair(AF_UNIX, Int32(kind.rawValue) | closeOnExec, 0, &ends) }
        return SocketPair(first: OwnedDescriptor(owning: ends[0]), second: OwnedDescriptor(owning: ends[1]))
    }

    /// The next connection to a local listener, non-blocking. `.wouldBlock` when nobody waits.
    package static func acceptLocally(_ listener: Int32) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(owning: try retrying { cposix_accept(listener, nil, nil, 1) })
    }

    private static func withLocalAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
            precondition(path.utf8.count < raw.count, "a Unix socket's path is too long")
            unsafe raw.copyBytes(from: path.utf8)
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
