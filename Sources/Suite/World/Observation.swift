/// What a test asks the kernel about other processes: unread bytes, changed files, /proc.

import CWorld
import Glibc
package import Posix
package import SystemPackage

/// The TCP sockets of this machine (sock_diag(7)). Asking for one, or for those that listen, costs the same however
/// many others there are; /proc/net/tcp grows to megabytes by the connections of the last minute.
package struct SocketTable: ~Copyable {
    private let diag: OwnedDescriptor

    package init() throws(Errno) { diag = OwnedDescriptor(owning: try retrying { cworld_diag_socket() }) }

    /// The bytes that lie unread at the other end of our TCP/IPv4 connection on this machine; 0 once that
    /// end is closed. `.noSuchFileOrDirectory` never escapes; other errors: this kernel does not tell.
    package func unread(atPeerOf local: TCPAddress, remote: TCPAddress) throws(Errno) -> Int {
        guard let peer = try peer(of: local, remote) else { return 0 }
        return peer.state == 1 || peer.state == 8 || peer.state == 3 ? peer.queue : 0
    }

    /// What the other end has written and we have not acknowledged; 0 once that end is closed.
    package func unsent(atPeerOf local: TCPAddress, remote: TCPAddress) throws(Errno) -> Int {
        try peer(of: local, remote)?.unsent ?? 0
    }

    /// The inode of the socket at the other end of our connection.
    package func inode(atPeerOf local: TCPAddress, remote: TCPAddress) throws(Errno) -> Int? {
        try peer(of: local, remote)?.inode
    }

    private func peer(
        of local: TCPAddress, _ remote: TCPAddress
    ) throws(Errno) -> (queue: Int, unsent: Int, state: UInt32, inode: Int)? {
        func network(_ address: TCPAddress) -> UInt32 {
            address.bytes[12...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        var (queue, unsent, state, inode): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        let result = unsafe cworld_receive_queue(
            diag.number, network(remote), remote.port.bigEndian, network(local), local.port.bigEndian, &queue, &unsent,
            &state, &inode)
        // Where the other end is gone the kernel finds the listener (10).
        if result == 0 { return state == 10 ? nil : (Int(queue), Int(unsent), state, Int(inode)) }
        let error = lastErrno()
        if error == .noSuchFileOrDirectory { return nil }
        throw error
    }

    /// All that listen, whoever owns them.
    package func listeners() throws(Errno) -> [(port: UInt16, inode: Int)] {
        let room = 4096
        var ports = [UInt16](repeating: 0, count: room)
        var inodes = [UInt32](repeating: 0, count: room)
        let count = try retrying { unsafe cworld_listeners(diag.number, &ports, &inodes, Int32(room)) }
        return (0..<Int(count)).map { (ports[$0], Int(inodes[$0])) }
    }
}

/// Wakes when something in a folder changes (inotify(7)).
package struct FolderWatch: ~Copyable {
    private let descriptor: OwnedDescriptor

    private init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    package static func start(_ path: String) throws(Errno) -> FolderWatch {
        // inotify_init1(2): IN_CLOEXEC and IN_NONBLOCK are open(2)'s.
        let watch = FolderWatch(OwnedDescriptor(owning: try retrying { inotify_init1(O_CLOEXEC | O_NONBLOCK) }))
        let events = UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE)
        try retrying { unsafe inotify_add_watch(watch.descriptor.number, path, events) }
        return watch
    }

    /// True when something changed since the last call, false at the deadline (since boot, real).
    package func changed(until deadline: Duration) throws(Errno) -> Bool {
        guard try Clock.system.wait(for: .readable, on: descriptor.number, until: deadline) else { return false }
        var drain = [UInt8](repeating: 0, count: 4096)
        _ = try? read(descriptor.number, into: &drain, at: 0..<drain.count)
        return true
    }
}
