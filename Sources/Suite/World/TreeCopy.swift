/// Copies a folder with everything in it: keeps modes, times and links, and leaves out sockets and devices.

import Glibc
import Posix
import Posix
package import SystemPackage

package struct TreeCopy {
    /// Beyond one of these limits the copy fails with `.fileTooLarge`: the user has probably named a home folder.
    package var (mostFiles, mostBytes) = (20_000, 1 << 30)
    /// Programs are linked instead of copied. While a copy is written, a fork in another thread keeps it open for
    /// writing; it cannot be started (ETXTBSY) until that child runs another program.
    package var linksPrograms = false
    private var (files, bytes) = (0, 0)
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    package init() {}

    /// Copies the content of `source` into the existing folder `target`. `isWanted` is asked with the path of every
    /// file, link and folder.
    package mutating func copy(
        _ source: String, into target: String, where isWanted: (String) -> Bool = { _ in true }
    ) throws(Errno) {
        for name in try Directory.open(path: source).names().sorted() {
            let (from, to) = (source + "/" + name, target + "/" + name)
            guard isWanted(from) else { continue }
            files += 1
            if files > mostFiles { throw .fileTooLarge }
            var found = stat()
            try retrying { unsafe lstat(from, &found) }
            switch found.st_mode & S_IFMT {
            case S_IFDIR:
                // Whatever its mode was, its content must be copied into it and removed again.
                try retrying { unsafe mkdir(to, found.st_mode & 0o777 | 0o700) }
                try copy(from, into: to, where: isWanted)
            case S_IFLNK:
                if let destination = linkTarget(from) { try retrying { unsafe symlink(destination, to) } }
            case S_IFREG:
                if linksPrograms, found.st_mode & 0o111 != 0, unsafe link(from, to) == 0 { break }
                try copyFile(from, to)
            default: break
            }
        }
    }

    private mutating func copyFile(_ source: String, _ target: String) throws(Errno) {
        let reading = try openNamedFile(source)
        var found = stat()
        try retrying { unsafe fstat(reading.number, &found) }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let writing = OwnedDescriptor(owning: try retrying { unsafe open(target, flags, 0o600) })
        while case let count = try read(reading.number, into: &buffer, at: 0..<buffer.count), count > 0 {
            bytes += count
            if bytes > mostBytes { throw .fileTooLarge }
            try writeAll(writing.number, buffer.span.extracting(0..<count))
        }
        try retrying { fchmod(writing.number, found.st_mode & 0o777) }
        // make(1) compares times.
        let times = [found.st_atim, found.st_mtim]
        try retrying { unsafe futimens(writing.number, times) }
    }
}
