/// Files and folders by their paths: read and written whole, made, looked at, removed.

import Glibc
import Posix
package import SystemPackage

/// The whole content of a file of at most `limit` bytes; also of files in /proc, whose size is given as 0.
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

/// Removes a folder with everything in it. Links are removed, and not what they point to. A path that is already gone
/// is no error.
package func removeTree(_ path: String) throws(Errno) {
    if unsafe unlink(path) == 0 || errno == ENOENT { return }
    if errno != EISDIR && errno != EPERM { throw lastErrno() }
    let names = try Directory.open(path: path).names()
    for name in names { try removeTree(path + "/" + name) }
    if unsafe rmdir(path) == -1 && errno != ENOENT { throw lastErrno() }
}

package func isFolder(_ path: String) -> Bool {
    var result = stat()
    return unsafe lstat(path, &result) == 0 && result.st_mode & S_IFMT == S_IFDIR
}

/// The target of a symbolic link; nil when the path is no symbolic link.
package func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink(path, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}

package func isRunnable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 && !isFolder(path) }
