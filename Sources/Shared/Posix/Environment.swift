/// What a program gets at its start (arguments, environment, descriptors), and small questions about paths.

import Glibc
package import SystemPackage

/// environ(7); of several entries with one name the first counts, as for getenv(3).
package func processEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var entry = unsafe environ
    while let pair = unsafe entry.pointee {
        let text = unsafe String(cString: pair)
        if let equals = text.firstIndex(of: "=") {
            let name = String(text[..<equals])
            if result[name] == nil { result[name] = String(text[text.index(after: equals)...]) }
        }
        unsafe entry += 1
    }
    return result
}

/// Whether this process may run the file (access(2)).
package func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

/// Writes a file that appears under its name whole or not at all; an old one is replaced. Whoever may write to the
/// folder too cannot lead it elsewhere by a link. Without a `mode` the umask decides.
package func replaceFile(at path: String, with bytes: borrowing Span<UInt8>, mode: UInt32? = nil) throws(Errno) {
    let temporary = "\(path).\(getpid())"
    let file = try createAnew(temporary)
    do {
        if let mode { try retrying { fchmod(file.number, mode) } }
        try writeAll(file.number, bytes)
        try file.close()
        try retrying { unsafe rename(temporary, path) }
    } catch {
        unsafe unlink(temporary)
        throw error
    }
}

/// Writes a file anew, whole or not at all, with the mode it had; at the end of a symbolic link that leads to it.
package func rewriteFile(at path: String, with bytes: borrowing Span<UInt8>) throws(Errno) {
    var old = stat()
    try retrying { unsafe stat(path, &old) }
    guard old.st_mode & S_IFMT == S_IFREG else { throw .notSupported }
    guard let end = unsafe realpath(path, nil) else { throw lastErrno() }
    defer { unsafe free(end) }
    let target = unsafe String(cString: end)
    // Not writable for us: the folder may be, but its owner has said no.
    try retrying { unsafe access(target, W_OK) }
    try replaceFile(at: target, with: bytes, mode: old.st_mode & 0o7777)
}

/// Makes sure that `replaceFile` can do so later: what stands under the name may go, and the folder takes a new file.
package func prepareToReplaceFile(at path: String) throws(Errno) {
    var status = stat()
    if unsafe lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) { throw .fileExists }
    let temporary = "\(path).\(getpid())"
    try createAnew(temporary).close()
    unsafe unlink(temporary)
}

private func createAnew(_ path: String) throws(Errno) -> OwnedDescriptor {
    unsafe unlink(path)  // left by an earlier process of this number
    return OwnedDescriptor(owning: try retrying { unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) })
}

/// What follows the program's name; nil for one that is no UTF-8, of which `CommandLine` would make another text.
package func processArguments() -> [String?] {
    (1..<max(1, Int(CommandLine.argc))).map { place in
        unsafe CommandLine.unsafeArgv[place].flatMap { unsafe String(validatingCString: $0) }
    }
}
