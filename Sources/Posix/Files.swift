/// Files and directories, always relative to an open directory and never through a link.

import CPosix
import Glibc
package import SystemPackage

/// Opens a file that the administrator has named, for reading; links are followed.
package func openNamedFile(_ path: String) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) })
}

/// What fstat(2) tells, as far as anybody here asks.
package struct FileStatus: Equatable {
    package let size: Int
    package let isRegular: Bool
    package let isDirectory: Bool
    package let mode: UInt32  // permission bits only
    package let owner: UInt32
    package let links: Int
    package let modified: Int64  // nanoseconds since 1970
    package let inode: UInt64

    init(_ status: stat) {
        size = Int(status.st_size)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        links = Int(status.st_nlink)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        inode = UInt64(status.st_ino)
    }
}

package func status(of descriptor: Int32) throws(Errno) -> FileStatus {
    var result = stat()
    try retrying { unsafe fstat(descriptor, &result) }
    return FileStatus(result)
}

package enum Access {
    case readOnly, readWrite, append
    var flags: Int32 {
        switch self {
        case .readOnly: O_RDONLY
        case .readWrite: O_RDWR
        case .append: O_WRONLY | O_APPEND
        }
    }
}

package enum LockKind { case shared, exclusive }

/// An open directory; every name is looked up in it with O_NOFOLLOW.
package struct Directory: ~Copyable {
    package let descriptor: OwnedDescriptor

    package init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Opens a directory by its path; a path's own links are followed (the administrator's business).
    package static func open(path: String) throws(Errno) -> Directory {
        Directory(OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }))
    }

    package func openDirectory(_ name: String) throws(Errno) -> Directory {
        Directory(
            OwnedDescriptor(
                owning: try retrying {
                    unsafe openat(descriptor.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }))
    }

    /// mkdirat(2) with mode 0700; `.fileExists` when it is there already.
    package func makeDirectory(_ name: String) throws(Errno) {
        try retrying { unsafe mkdirat(descriptor.number, name, 0o700) }
    }

    package func open(_ name: String, _ access: Access) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try retrying {
                unsafe openat(descriptor.number, name, access.flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            })
    }

    /// Creates a file with mode 0600. `exclusive`: `.fileExists` when the name is taken.
    package func create(_ name: String, _ access: Access, exclusive: Bool) throws(Errno) -> OwnedDescriptor {
        let flags = access.flags | O_CREAT | (exclusive ? O_EXCL : 0) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        return OwnedDescriptor(owning: try retrying { unsafe openat(descriptor.number, name, flags, 0o600) })
    }

    /// linkat(2): a second name for `name` in `other`; never overwrites.
    package func link(_ name: String, into other: borrowing Directory, as newName: String) throws(Errno) {
        let (from, to) = (descriptor.number, other.descriptor.number)
        try retrying { unsafe linkat(from, name, to, newName, 0) }
    }

    package func unlink(_ name: String) throws(Errno) {
        try retrying { unsafe unlinkat(descriptor.number, name, 0) }
    }

    /// Removes an empty directory.
    package func removeDirectory(_ name: String) throws(Errno) {
        try retrying { unsafe unlinkat(descriptor.number, name, AT_REMOVEDIR) }
    }

    /// renameat(2) inside this directory; replaces `newName`.
    package func rename(_ name: String, to newName: String) throws(Errno) {
        let number = descriptor.number
        try retrying { unsafe renameat(number, name, number, newName) }
    }

    package func sync() throws(Errno) { try Posix.sync(descriptor.number) }

    /// All names but `.` and `..`, in the order of the directory.
    package func names() throws(Errno) -> [String] {
        // "." opens the directory anew: a duplicate would share its read position.
        let again = try retrying { unsafe openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = unsafe fdopendir(again) else {
            let error = lastErrno()
            _ = Glibc.close(again)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw lastErrno() }
                return names
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }
}

/// fsync(2), once: after a failure the kernel may drop the dirty pages, so a second
/// success would prove nothing. EINTR is a failure too.
package func sync(_ descriptor: Int32) throws(Errno) {
    if fsync(descriptor) == -1 { throw lastErrno() }
}

/// flock(2), waiting for the lock; it ends with the descriptor's last copy.
package func lock(_ descriptor: Int32, _ kind: LockKind) throws(Errno) {
    try retrying { flock(descriptor, kind == .shared ? LOCK_SH : LOCK_EX) }
}

/// flock(2) without waiting; false when another open file holds the lock.
package func tryLock(_ descriptor: Int32, _ kind: LockKind) throws(Errno) -> Bool {
    do {
        try retrying { flock(descriptor, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
        return true
    } catch {
        if error == .wouldBlock { return false }
        throw error
    }
}

/// A record lock of this process (fcntl_locking(2), F_SETLK): unlike flock(2)'s it is not inherited by fork, so it
/// ends with the process however many children live on. It also ends when the process closes any other
/// descriptor of the same file. False when another process holds it.
package func tryLockForProcess(_ descriptor: Int32) throws(Errno) -> Bool {
    var request = flock(
        l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    do {
        try retrying { unsafe fcntl(descriptor, F_SETLK, &request) }
        return true
    } catch {
        if error == .permissionDenied || error == .resourceTemporarilyUnavailable { return false }
        throw error
    }
}

/// Whether another process has the lock that `tryLockForProcess` takes.
package func isLockedByProcess(_ descriptor: Int32) throws(Errno) -> Bool {
    var request = flock(
        l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    try retrying { unsafe fcntl(descriptor, F_GETLK, &request) }
    return request.l_type != Int16(F_UNLCK)
}

package func unlock(_ descriptor: Int32) throws(Errno) { try retrying { flock(descriptor, LOCK_UN) } }

package func truncate(_ descriptor: Int32, to size: Int) throws(Errno) {
    try retrying { ftruncate(descriptor, size) }
}

/// What stands behind the last slash of a path.
package func lastPart(of path: String) -> Substring {
    path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
}

/// rmdir(2): an empty folder goes.
package func removeFolder(_ path: String) throws(Errno) { try retrying { unsafe rmdir(path) } }

/// Takes nothing of the modes that files and folders are made with from their owner, everything from others (umask(2)).
package func keepFilesPrivate() { _ = umask(0o077) }

/// The running program's user id (geteuid(2)).
package func effectiveUser() -> UInt32 { geteuid() }

/// `count` bytes from the kernel's random source (getrandom(2)).
package func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}
