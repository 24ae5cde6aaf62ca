/// Starts another program with posix_spawn(3).

import CPosix
import Glibc
package import SystemPackage

package struct Spawn {
    /// A path with a slash, or a name looked up in PATH.
    package var program: String
    package var arguments: [String] = []
    /// `nil`: this process's environment.
    package var environment: [String: String]?
    package var workingFolder: String?
    /// child's descriptor ← ours. Everything else of ours is close-on-exec. 0 defaults to /dev/null.
    package var descriptors: [Int32: Int32] = [:]
    /// The child leads a process group of its own.
    package var ownGroup = false

    package init(_ program: String, _ arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }

    /// - Throws: the errno of posix_spawn(3): `.noSuchFileOrDirectory` when the program is missing.
    package func start() throws(Errno) -> ProcessID {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        if let workingFolder { unsafe cposix_spawn_in_folder(&actions, workingFolder) }
        if descriptors[0] == nil { unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
        // Two passes, so that a source is not overwritten before it is copied; above all of them, and not far, because
        // a descriptor must be lower than the limit for open files.
        let base = descriptors.map { max($0.key, $0.value) }.max().map { $0 + 1 } ?? 0
        for (index, pair) in descriptors.sorted(by: { $0.key < $1.key }).enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, pair.value, base + Int32(index))
        }
        for (index, pair) in descriptors.sorted(by: { $0.key < $1.key }).enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, base + Int32(index), pair.key)
            unsafe posix_spawn_file_actions_addclose(&actions, base + Int32(index))
        }

        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        if ownGroup {
            flags |= POSIX_SPAWN_SETPGROUP
            unsafe posix_spawnattr_setpgroup(&attributes, 0)
        }
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let code = unsafe withCStrings([program] + arguments) { argv in
            guard let environment else {
                return unsafe posix_spawnp(&pid, program, &actions, &attributes, argv, environ)
            }
            return unsafe withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                unsafe posix_spawnp(&pid, program, &actions, &attributes, argv, envp)
            }
        }
        if code != 0 { throw Errno(rawValue: code) }
        return ProcessID(pid)
    }
}

/// A NULL-terminated array of C strings for the length of `body`.
private func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies + [nil])
}
