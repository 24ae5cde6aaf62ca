/// Runs a command in bubblewrap, for programs that nobody has reviewed.

import Posix
import SystemPackage

package enum Sandbox {
    /// The command sees the machine read-only and no home folders. It can write in the stage, and in a /tmp and
    /// /dev/shm of its own, and it has its own semaphores. It shares the machine's network, because the directory is
    /// there; the interposer keeps a dynamic program from other addresses.
    static func around(_ spawn: Spawn, _ stage: Stage, readable: [String]) -> Spawn {
        var arguments = [
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/dev/shm",
        ]
        for home in ["/home", "/root"] where isFolder(home) { arguments += ["--tmpfs", home] }
        arguments += ["--bind", stage.folder, stage.folder]
        for path in readable { arguments += ["--ro-bind", path, path] }
        arguments += ["--unshare-ipc", "--unshare-uts", "--"]
        return Spawn("bwrap", arguments + [spawn.program] + spawn.arguments)
    }

    /// nil when bubblewrap works here; otherwise the reason why not.
    package static var obstacle: String? {
        let trial = Spawn("bwrap", ["--ro-bind", "/", "/", "--dev", "/dev", "--unshare-ipc", "--", "/bin/true"])
        do {
            let output = try trial.output()
            if output.ending == .exited(0) { return nil }
            return "bwrap does not work here: " + String(decoding: output.errors.prefix(300), as: UTF8.self)
        } catch {
            return "there is no bwrap; run: apt-get install bubblewrap"
        }
    }
}
