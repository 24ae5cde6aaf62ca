import Posix
import SystemPackage
import Testing
import Transcript
import World

/// Each in a process of its own, for there is no way back.
@Suite(.enabled(if: Confinement.isPossible, "this kernel has no Landlock"))
struct `A confined process` {
    /// Folders that the process to come finds by its parent's number: `inside` and `outside`.
    private func withFolders(_ name: String, _ body: () async -> Void) async throws {
        let place = folder(of: .current, name)
        for folder in [place, place + "/inside", place + "/outside"] { try makeFolder(folder) }
        await body()
        try removeTree(place)
    }

    @Test func `that stays in a folder does what a session does there, and nothing elsewhere`() async throws {
        try await withFolders("stay") {
            await #expect(processExitsWith: .success) {
                let place = folder(of: .parent, "stay")
                let (path, outside) = (place + "/inside", place + "/outside")
                let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
                let address = try Sockets.localAddress(listener.number)
                let inside = try Directory.open(path: path)
                forbidNewPrivileges()
                try Confinement.staying(in: inside).enter()

                try inside.makeDirectory("a")
                try inside.makeDirectory("b")
                let a = try inside.openDirectory("a")
                let b = try inside.openDirectory("b")
                let file = try a.create("x", .readWrite, exclusive: true)
                try writeAll(file.number, [1, 2, 3].span)
                try truncate(file.number, to: 1)
                try a.link("x", into: b, as: "y")
                try a.unlink("x")
                let names = try b.names()
                let kept = try b.open("y", .readOnly)
                let bytes = try readWhole(kept.number, limit: 9)
                precondition(names == ["y"] && bytes == [1])

                precondition(isRefused(.permissionDenied) { _ = try openNamedFile("/etc/passwd") })
                precondition(isRefused(.permissionDenied) { _ = try Directory.open(path: "/").names() })
                precondition(isRefused(.permissionDenied) { try writeFile(outside + "/x", [1]) })
                precondition(isRefused(.permissionDenied) { try removeFolder(outside) })
                precondition(isRefused(.permissionDenied) { _ = try Spawn("/bin/true").start() })
                if Confinement.reachesNetwork {
                    precondition(
                        isRefused(.permissionDenied) { _ = try Sockets.connect(address, nonblocking: false) }
                    )
                }
                if Confinement.reachesSignals {
                    precondition(isRefused(.notPermitted) { try ProcessID.parent.send(signal: 0) })
                }
                exitNow(0)
            }
        }
    }

    @Test func `that changes only some places reads all, and opens no port`() async throws {
        try await withFolders("change") {
            await #expect(processExitsWith: .success) {
                let place = folder(of: .parent, "change")
                let (path, outside) = (place + "/inside", place + "/outside")
                try writeFile(outside + "/mine", [1])
                try writeFile(outside + "/other", [1])
                forbidNewPrivileges()
                try Confinement.changing(only: [path, outside + "/mine"]).enter()

                try writeFile(path + "/x", [1, 2])
                try writeFile(outside + "/mine", [1, 2])
                let (text, ending) = (try readFile("/etc/passwd"), try Spawn("/bin/true").start().wait())
                precondition(!text.isEmpty && ending == .exited(0))
                precondition(isRefused(.permissionDenied) { try writeFile(outside + "/other", [1, 2]) })
                precondition(isRefused(.permissionDenied) { try writeFile(outside + "/new", [1]) })
                precondition(isRefused(.permissionDenied) { try removeTree(outside + "/other") })
                if Confinement.reachesNetwork {
                    precondition(
                        isRefused(.permissionDenied) { _ = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!) })
                }
                exitNow(0)
            }
        }
    }
}

private func isRefused(_ expected: Errno, _ action: () throws -> Void) -> Bool {
    do {
        try action()
        return false
    } catch {
        return error as? Errno == expected
    }
}

private func folder(of process: ProcessID, _ name: String) -> String { "/tmp/tw-c\(process)-\(name)" }
