/// From what was asked for to a server that can be started; says what it types on the way.

import ArgumentParser
import Conformance
import Posix
import TestWorld

struct Preparation {
    let place: SuitePlace
    let world: WorldGuard
    let cancel: Int32
    let isQuiet: Bool

    func server(_ target: TargetOptions, folder: String?) throws -> ServerProgram {
        guard let folder else {
            if let command = target.server { return .foreign(command: command) }
            return .reference(try programFolder() + "/twmailer-server")
        }
        do {
            return .foreign(try server(in: folder, target))
        } catch let problem as Problem {
            throw Exit.of(problem) { $0 }
        } catch let failure as WorldFailure {
            throw Exit.of(failure)
        }
    }

    private func server(in folder: String, _ target: TargetOptions) throws -> ForeignServer {
        let build = try ServerBuild.make(of: folder, command: target.build, world: world, cancel: cancel)
        let at = build.place.isEmpty ? "" : "   in \(build.place)"
        say("Folder:  \(folder), copied")
        if let command = build.command { say("Build:   \(command)\(at)   \(build.duration.seconds) s") }
        let lease = try Lease(fixture: Fixture(checkout: place.checkout), world: world)
        defer { lease.end() }
        let found = try FolderServer.find(
            in: build, named: folder, cwd: target.cwd, command: target.server, cancel: cancel, lease: lease)
        for line in found.failed.flatMap({ $0.utf8.split(separator: 10) }) {
            say("         \(Visible.line(Array(line)))")
        }
        let typed = found.server.workingFolder.isEmpty ? "" : "   in \(found.server.workingFolder)"
        say("Server:  \(found.server.command)\(typed)")
        let options = [
            (
                "--build",
                build.command.map { build.place.isEmpty ? $0 : "cd \(build.place.shellQuoted) && \($0)" } ?? ""
            ),
            ("--server", found.server.command), ("--cwd", found.server.workingFolder),
        ]
        let words = options.filter { $0.1 != "" }.map { "\($0.0) \($0.1.shellQuoted)" }
        say("         to change it: \(words.joined(separator: " "))\n")
        return found.server
    }

    private func say(_ line: String) {
        if !isQuiet { print(line) }
    }
}

extension Duration {
    /// With one decimal.
    fileprivate var seconds: String {
        let tenths = Int(self / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
