/// What a test asks the kernel about other processes: unread bytes, changed files, /proc.

import CPosix
import Glibc
package import SystemPackage

/// The TCP sockets of this machine (sock_diag(7)). Asking for one, or for those that listen, costs the same however
/// many others there are; /proc/net/tcp grows to megabytes by the connections of the last minute.
package struct SocketTable: ~Copyable {
    private let diag: OwnedDescriptor

    package init() throws(Errno) { diag = OwnedDescriptor(owning: try retrying { cposix_diag_socket() }) }

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
        let result = unsafe cposix_receive_queue(
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
        let count = try retrying { unsafe cposix_listeners(diag.number, &ports, &inodes, Int32(room)) }
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

/// The whole of a file of at most `limit` bytes; also one of /proc, whose size is told as 0.
package func readFile(_ path: String, limit: Int = 1 << 20) throws(Errno) -> [UInt8] {
    let file = OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) })
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while result.count < limit {
        let count = try read(file.number, into: &buffer, at: 0..<min(buffer.count, limit - result.count))
        if count == 0 { break }
        result += buffer[..<count]
    }
    return result
}

/// Creates or replaces a file.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(Errno) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let file = OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, flags, 0o600) })
    try writeAll(file.number, bytes.span)
}

/// A new folder, mode 0700, with a random ending.
package func makeTemporaryFolder(_ prefix: String) throws(Errno) -> String {
    var template = Array((prefix + "XXXXXX").utf8CString)
    if unsafe mkdtemp(&template) == nil { throw lastErrno() }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

package func makeFolder(_ path: String) throws(Errno) { try retrying { unsafe mkdir(path, 0o700) } }

/// Removes a folder with everything in it, links themselves and not what they point to. What is gone
/// meanwhile is no error.
package func removeTree(_ path: String) throws(Errno) {
    if unsafe unlink(path) == 0 || errno == ENOENT { return }
    if errno != EISDIR && errno != EPERM { throw lastErrno() }
    let names = try Directory.open(path: path).names()
    for name in names { try removeTree(path + "/" + name) }
    if unsafe rmdir(path) == -1 && errno != ENOENT { throw lastErrno() }
}

/// An exclusive look at a path: what lstat(2) says, as text that differs when the file was touched; nil when missing.
package func fingerprint(_ path: String) -> String? {
    var result = stat()
    guard unsafe lstat(path, &result) == 0 else { return nil }
    let times = "\(result.st_mtim.tv_sec).\(result.st_mtim.tv_nsec)"
    return "\(result.st_mode) \(result.st_size) \(times) \(result.st_ino) \(result.st_nlink)"
}

package func isFolder(_ path: String) -> Bool {
    var result = stat()
    return unsafe lstat(path, &result) == 0 && result.st_mode & S_IFMT == S_IFDIR
}

/// Where a symbolic link points to; nil when it is none.
package func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink(path, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}

package func isRunnable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 && !isFolder(path) }

package func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

/// Lets other threads and processes run for a moment of real time, at most some microseconds.
package func pauseBriefly(microseconds: UInt32) { usleep(microseconds) }

/// Lets another thread or process run first (sched_yield(2)).
package func yieldProcessor() { sched_yield() }
