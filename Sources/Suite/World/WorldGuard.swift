/// A process that ends and removes everything the suite started, even after kill -9 of the suite.
///
/// It is a shell that reads what to watch from a pipe. When the suite ends, the pipe ends. The guard then kills the
/// watched process groups and every process with the suite's mark in its environment, and removes the watched folders.

package import Posix
package import SystemPackage

package final class WorldGuard: Sendable {
    /// An environment entry that everything the suite starts inherits.
    package let mark: (name: String, value: String)
    /// One per run, because it has to be compiled.
    package let interposer = Interposer()
    private let shell: ProcessID
    private let pipe: Int32

    package static func start() throws(WorldFailure) -> WorldGuard {
        let random = randomBytes(8).map { String($0, radix: 16) }.joined()
        let mark = (name: "TWMAILER_WORLD", value: "\(ProcessID.current)-\(random)")
        do {
            let pipe = try Pipe.make()
            var spawn = Spawn("/bin/sh", ["-c", script, "guard", "\(mark.name)=\(mark.value)"])
            spawn.descriptors = [0: pipe.reading.number]
            let null = try Posix.Directory.open(path: "/dev").open("null", .readWrite)
            spawn.descriptors[1] = null.number
            spawn.descriptors[2] = null.number
            spawn.ownGroup = true
            spawn.workingFolder = "/"
            let shell = try spawn.start()
            return WorldGuard(mark: mark, shell: shell, pipe: pipe.intoWriting().release())
        } catch {
            throw .broken("the guard process does not start: \(error)")
        }
    }

    private init(mark: (name: String, value: String), shell: ProcessID, pipe: Int32) {
        (self.mark, self.shell, self.pipe) = (mark, shell, pipe)
    }

    package func watch(group: ProcessID) { tell("group", "\(group)") }
    package func forget(group: ProcessID) { tell("gone", "\(group)") }
    /// `folder` must not hold blanks.
    package func watch(folder: String) { tell("folder", folder) }
    package func forget(folder: String) { tell("keep", folder) }

    /// A new folder, mode 0700, with a random ending of six letters. The guard watches it before it exists, because the
    /// suite may be killed at any moment.
    package func makeTemporaryFolder(_ prefix: String) throws(Errno) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        let folder = prefix + String(decoding: randomBytes(6).map { letters[Int($0 % 32)] }, as: UTF8.self)
        watch(folder: folder)
        do { try makeFolder(folder) } catch {
            forget(folder: folder)
            throw error
        }
        return folder
    }

    /// Ends and removes everything that is still watched, and returns once that is done.
    package func close() {
        _ = OwnedDescriptor(owning: pipe)
        _ = try? shell.wait()
    }

    // One write of less than PIPE_BUF bytes is atomic, so threads do not mix their lines.
    private func tell(_ verb: String, _ value: String) {
        try? writeAll(pipe, Array("\(verb) \(value)\n".utf8).span)
    }

    private static let script = """
        trap '' HUP INT QUIT TERM PIPE
        groups= folders=
        without() { for each in $2; do [ "$each" = "$1" ] || printf '%s ' "$each"; done; }
        while read -r verb value; do
            case $verb in
            group) groups="$groups $value" ;;
            gone) groups=$(without "$value" "$groups") ;;
            folder) folders="$folders $value" ;;
            keep) folders=$(without "$value" "$folders") ;;
            esac
        done
        for group in $groups; do kill -s KILL -- "-$group"; done
        turn=0
        while [ $turn -lt 100 ]; do
            found=
            for file in $(grep -slzxF -e "$1" /proc/[0-9]*/environ); do
                pid=${file#/proc/} pid=${pid%/environ}
                kill -KILL "$pid" && found=1
            done
            [ -n "$found" ] || break
            turn=$((turn + 1))
        done
        for folder in $folders; do rm -rf -- "$folder"; done
        """
}
