/// A command in a bubblewrap, for programs that nobody has read.

import Posix
import SystemPackage

package enum Sandbox {
    /// It sees the machine read-only and without anybody's home, writes in the stage and in a /tmp and /dev/shm of its
    /// own, and has its own semaphores. Network is the machine's, for the directory is there too: the interposer keeps
    /// a dynamic program from everything else.
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

    /// nil when a program can be started so; otherwise why not.
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
