/// The folder that one transcript is played in: spool, clock page, port file, log, and an outside that must not change.

import Posix
import SystemPackage

package final class Stage: Sendable {
    /// "/tmp/twXXXXXX", or in TMPDIR where that is as short: some servers cut the spool's path at 40 bytes.
    package let folder: String
    package let clock: VirtualClock
    /// Where a foreign server's processes died.
    package let crashes: CrashRecords
    private let world: WorldGuard

    /// Two levels down, so that `../../x` ends up where `outside()` looks.
    package var spool: String { folder + "/a/s" }
    package var log: String { folder + "/log/server" }
    package var portFile: String { folder + "/log/port" }
    /// A foreign server's working folder; the suite does not look at what it keeps there.
    package var workingFolder: String { folder + "/cwd" }

    /// - Parameter flowing: time passes by itself, as foreign servers need it.
    /// - Parameter furnishedLike: a folder whose content is copied into the working folder.
    package init(
        world: WorldGuard, flowing: Bool = false, furnishedLike furniture: String? = nil
    ) throws(WorldFailure) {
        do {
            let temporary = processEnvironment()["TMPDIR"] ?? ""
            folder = try world.makeTemporaryFolder(
                (temporary.isEmpty || temporary.utf8.count > 26 ? "/tmp" : temporary) + "/tw")
            try makeFolder(folder + "/a")
            try makeFolder(folder + "/a/s")
            try makeFolder(folder + "/log")
            try makeFolder(folder + "/cwd")
            try writeFile(folder + "/log/crashes", [])
            if let furniture {
                var copy = TreeCopy()
                copy.linksPrograms = true
                try copy.copy(furniture, into: folder + "/cwd")
            }
        } catch {
            throw .broken("no folder below /tmp: \(error)")
        }
        clock = try VirtualClock(creating: folder + "/log/clock", flowing: flowing)
        crashes = CrashRecords(at: folder + "/log/crashes", sources: furniture)
        self.world = world
    }

    /// Removes the folder, or keeps it for the user to look at.
    package func end(keeping: Bool = false) {
        if !keeping { try? removeTree(folder) }
        world.forget(folder: folder)
    }

    /// Every path beside the spool, the log and the working folder, with what would change if somebody touched it.
    package func outside() -> [String: String] {
        var found: [String: String] = [:]
        var folders = [folder]
        while let next = folders.popLast() {
            for name in (try? Posix.Directory.open(path: next).names()) ?? [] {
                let path = next + "/" + name
                if [spool, folder + "/log", workingFolder].contains(path) { continue }
                if isFolder(path) { folders.append(path) }
                // A new spool changes its parent's times; a path that somebody adds there shows by itself.
                if path == folder + "/a" { continue }
                found[String(path.dropFirst(folder.count + 1))] = fingerprint(path)
            }
        }
        return found
    }

    /// The last lines of the server's log.
    package func lastLogLines(_ count: Int) -> [String] {
        let bytes = (try? readFile(log, limit: 1 << 24)) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).suffix(count).map { String(decoding: $0, as: UTF8.self) }
    }
}
