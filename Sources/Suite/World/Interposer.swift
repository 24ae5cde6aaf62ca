/// The library that is preloaded into foreign servers (Resources/); compiled once per run, at its first use.

import Posix
import Synchronization
import SystemPackage

package final class Interposer: Sendable {
    private let library = Mutex<String?>(nil)

    init() {}

    /// The environment of a foreign server: this process's own, the interposer, clock page and directory.
    /// AddressSanitizer is told to accept that it does not come first.
    package func environment(
        clock: VirtualClock?, directory: LDAPDirectory?, crashes: CrashRecords? = nil, world: WorldGuard
    ) throws(WorldFailure) -> [String: String] {
        var values = processEnvironment()
        let others = values["LD_PRELOAD"].map { ":" + $0 } ?? ""
        values["LD_PRELOAD"] = try compiled(in: world) + others
        if let clock { values["TESTWORLD_CLOCK"] = clock.path }
        if let crashes { values["TESTWORLD_CRASHES"] = crashes.path }
        if let directory {
            values["TESTWORLD_DIRECTORY"] = String(directory.url.dropFirst("ldap://".count))
            // libldap's variable and OpenSSL's. A server that sets its own CA file overrides them.
            values["LDAPTLS_CACERT"] = directory.caFile
            values["SSL_CERT_FILE"] = directory.caFile
        }
        values["ASAN_OPTIONS"] = (values["ASAN_OPTIONS"].map { $0 + ":" } ?? "") + "verify_asan_link_order=0"
        return values
    }

    /// Whether a server runs with the interposer; a static program never does. Only processes without children count,
    /// because shells and the like stand above them.
    func isLoaded(in tree: ProcessTree) -> Bool {
        guard let library = library.withLock({ $0 }) else { return false }
        let parents = Set(tree.members.map(\.parent))
        return tree.members.contains { member in
            !parents.contains(member.pid.number)
                && ((try? readFile("/proc/\(member.pid)/maps", limit: 1 << 24)) ?? [])[...].contains(sequence: library)
        }
    }

    /// nil when programs of this machine run with it; otherwise the reason why not.
    package func obstacle(in world: WorldGuard) -> String? {
        do {
            var spawn = Spawn("/bin/sh", ["-c", "grep -c testworld.so /proc/self/maps"])
            spawn.environment = processEnvironment()
            spawn.environment?["LD_PRELOAD"] = try compiled(in: world)
            return try spawn.output().ending == .exited(0) ? nil : "the dynamic linker does not load it"
        } catch {
            return "\(error)"
        }
    }

    /// The path of the library. Its folder is removed with the run.
    func compiled(in world: WorldGuard) throws(WorldFailure) -> String {
        let result = library.withLock { library -> Result<String, WorldFailure> in
            if let library { return .success(library) }
            do throws(WorldFailure) {
                let path = try Interposer.compile(in: world)
                library = path
                return .success(path)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func compile(in world: WorldGuard) throws(WorldFailure) -> String {
        do {
            let temporary = processEnvironment()["TMPDIR"] ?? ""
            // LD_PRELOAD separates paths by blanks and colons.
            let isUsable = !temporary.isEmpty && !temporary.contains { $0 == " " || $0 == ":" }
            let folder = try world.makeTemporaryFolder((isUsable ? temporary : "/tmp") + "/tw-i")
            let (sources, library) = ([folder + "/testworld.c", folder + "/crashes.c"], folder + "/testworld.so")
            try writeFile(sources[0], PackageResources.testworld_c)
            try writeFile(sources[1], PackageResources.crashes_c)
            let libraries = ["-static-libgcc", "-Wl,--exclude-libs,ALL", "-ldl", "-lpthread"]
            let arguments = ["-shared", "-fPIC", "-O2", "-w", "-o", library] + sources + libraries
            let output = try Spawn("cc", arguments).output()
            if output.ending == .exited(0) { return library }
            throw WorldFailure.broken("cc: " + String(decoding: output.errors, as: UTF8.self))
        } catch let failure as WorldFailure {
            throw failure
        } catch Errno.noSuchFileOrDirectory {
            throw .missing("there is no C compiler (cc); run: apt-get install gcc libc6-dev")
        } catch {
            throw .broken("the interposer cannot be compiled: \(error)")
        }
    }
}
