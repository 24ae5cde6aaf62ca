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
/// folder too cannot lead it elsewhere by a link.
package func replaceFile(at path: String, with bytes: borrowing Span<UInt8>) throws(Errno) {
    let temporary = "\(path).\(getpid())"
    let file = try createAnew(temporary)
    do {
        try writeAll(file.number, bytes)
        try file.close()
        try retrying { unsafe rename(temporary, path) }
    } catch {
        unsafe unlink(temporary)
        throw error
    }
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
