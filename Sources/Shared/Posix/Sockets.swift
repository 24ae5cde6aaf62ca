/// TCP sockets.

import CPosix
import Glibc
package import SystemPackage

/// An IPv4 or IPv6 address with a port, as 16 bytes: IPv4 is IPv4-mapped (::ffff:a.b.c.d, RFC 4291 §2.5.5.2).
package struct TCPAddress: Hashable, Sendable, CustomStringConvertible {
    package var bytes: [UInt8]  // 16
    package var port: UInt16

    package var isIPv4: Bool { bytes[..<12].elementsEqual(TCPAddress.mapped) }
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

    /// Parses a numeric address ("127.0.0.1", "::1"); nil for anything else (inet_pton(3)).
    package init?(_ text: String, port: UInt16) {
        self.port = port
        bytes = [UInt8](repeating: 0, count: 16)
        var v4 = in_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            let low = unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) }
            bytes = TCPAddress.mapped + low
            return
        }
        var v6 = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        bytes = unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) }
    }

    /// "127.0.0.1" or "::1", without the port.
    package var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let (family, source) = isIPv4 ? (AF_INET, Array(bytes[12...])) : (AF_INET6, bytes)
        _ = unsafe inet_ntop(family, source, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    package var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    fileprivate init(_ storage: sockaddr_storage) {
        var storage = storage
        let family = Int32(storage.ss_family)
        (bytes, port) = unsafe withUnsafeBytes(of: &storage) { raw in
            let port = unsafe UInt16(raw[2]) << 8 | UInt16(raw[3])
            if family == AF_INET { return unsafe (TCPAddress.mapped + raw[4..<8], port) }
            return unsafe (Array(raw[8..<24]), port)
        }
    }

    /// Calls `body` with the sockaddr for a socket of `family`.
    fileprivate func withSocketAddress<R>(_ family: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(family)
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        unsafe withUnsafeMutableBytes(of: &storage) { raw in
            unsafe raw[2] = UInt8(port >> 8)
            unsafe raw[3] = UInt8(port & 0xff)
            let (offset, source) = family == AF_INET ? (4, bytes[12...]) : (8, bytes[...])
            for (index, byte) in source.enumerated() { unsafe raw[offset + index] = byte }
        }
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }
}

package struct Accepted: ~Copyable {
    private let socket: OwnedDescriptor
    package let peer: TCPAddress

    init(socket: consuming OwnedDescriptor, peer: TCPAddress) {
        self.socket = socket
        self.peer = peer
    }

    package consuming func takeSocket() -> OwnedDescriptor { socket }
}

package enum Sockets {
    /// A non-blocking TCP listener. An IPv6 wildcard also takes IPv4. SO_REUSEADDR lets a restart
    /// take the port at once; SO_REUSEPORT is not set, so a second server cannot share it.
    /// - Parameter afresh: only where no connection of an earlier listener lingers (TIME_WAIT).
    package static func listen(
        _ address: TCPAddress, backlog: Int32 = 4096, afresh: Bool = false
    ) throws(Errno) -> OwnedDescriptor {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let socket = try make(family, SOCK_STREAM, nonblocking: true)
        if !afresh { try set(socket.number, SOL_SOCKET, SO_REUSEADDR, 1) }
        if family == AF_INET6 { try set(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        try retrying { unsafe address.withSocketAddress(family) { unsafe bind(socket.number, $0, $1) } }
        try retrying { Glibc.listen(socket.number, backlog) }
        return socket
    }

    /// accept4(2), close-on-exec. `.wouldBlock` when nobody waits (non-blocking listener).
    /// - Parameter nonblocking: what becomes of the new socket.
    package static func accept(_ listener: Int32, nonblocking: Bool = false) throws(Errno) -> Accepted {
        var storage = sockaddr_storage()
        var length = UInt32(MemoryLayout<sockaddr_storage>.size)
        let number = try retrying { unsafe cposix_accept(listener, &storage, &length, nonblocking ? 1 : 0) }
        return Accepted(socket: OwnedDescriptor(owning: number), peer: TCPAddress(storage))
    }

    /// Starts a connection, from `source` when given (its port 0 picks one). Non-blocking: returns at
    /// once, writable when done; then ask `pendingError`. Blocking: returns when connected.
    package static func connect(
        _ address: TCPAddress, from source: TCPAddress? = nil, nonblocking: Bool
    ) throws(Errno) -> OwnedDescriptor {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let socket = try make(family, SOCK_STREAM, nonblocking: nonblocking)
        if let source {
            try set(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
            try retrying { unsafe source.withSocketAddress(family) { unsafe bind(socket.number, $0, $1) } }
        }
        do {
            try retrying { unsafe address.withSocketAddress(family) { unsafe Glibc.connect(socket.number, $0, $1) } }
        } catch {
            if !(nonblocking && error == .nowInProgress) { throw error }
        }
        return socket
    }

    /// What went wrong on the socket since last asked (SO_ERROR), or nil.
    package static func pendingError(_ socket: Int32) throws(Errno) -> Errno? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        try retrying { unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length) }
        return code == 0 ? nil : Errno(rawValue: code)
    }

    package static func localAddress(_ socket: Int32) throws(Errno) -> TCPAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try retrying {
            unsafe withUnsafeMutablePointer(to: &storage) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(socket, $0, &length)
                }
            }
        }
        return TCPAddress(storage)
    }

    /// No waiting for a fuller segment (TCP_NODELAY).
    package static func sendAtOnce(_ socket: Int32) throws(Errno) {
        try set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// An acknowledgement that was put off goes out now (TCP_QUICKACK).
    package static func acknowledge(_ socket: Int32) { try? set(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, 1) }

    /// No more output; the peer reads to the end (SHUT_WR).
    package static func finishWriting(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_WR)) }

    /// The next close resets the connection (SO_LINGER 0).
    package static func resetOnClose(_ socket: Int32) throws(Errno) {
        var option = linger(l_onoff: 1, l_linger: 0)
        try retrying {
            unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }

    /// One send(2) without SIGPIPE; may be short.
    package static func send(_ socket: Int32, _ bytes: borrowing Span<UInt8>) throws(Errno) -> Int {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(Errno) in
            try retrying { unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Bytes sent that the peer's system has not taken yet (SIOCOUTQ, tcp(7)); 0 where the kernel does not tell.
    package static func unacknowledged(_ socket: Int32) -> Int {
        var count: Int32 = 0
        return unsafe ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

    static func make(_ family: Int32, _ kind: __socket_type, nonblocking: Bool) throws(Errno) -> OwnedDescriptor {
        let flags = closeOnExec | (nonblocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        return OwnedDescriptor(owning: try retrying { socket(family, Int32(kind.rawValue) | flags, 0) })
    }

    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(Errno) {
        var value = value
        try retrying { unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) }
    }
}
