/// Makes a server that can be started from the options; prints the commands it runs on the way.

import ArgumentParser
import Bytes
import Dialects
import Engine
import Posix
import Transcript
import Workshop
import World

struct Preparation {
    let place: SuitePlace
    let world: WorldGuard
    let cancel: Int32
    let isQuiet: Bool

    /// Runs `work` with a guard, and with a descriptor that SIGINT and SIGTERM make readable. A failure ends the command
    /// with its exit status.
    static func during(_ place: SuitePlace, isQuiet: Bool = false, _ work: (Preparation) throws -> Void) throws {
        Signals.turnIntoErrors()
        let cancel = try Signals.catching([2, 15])  // SIGINT, SIGTERM
        let world = try WorldGuard.start()
        defer { world.close() }
        do {
            try work(Preparation(place: place, world: world, cancel: cancel, isQuiet: isQuiet))
        } catch let problem as Problem {
            throw Exit.of(problem) { $0 }
        } catch let failure as WorldFailure {
            throw Exit.of(failure)
        }
    }

    /// Runs `work` with a directory and the fixture's passwords.
    func leasing<Result>(_ work: (Lease) throws -> Result) throws -> Result {
        let lease = try Lease(fixture: Fixture(checkout: place.checkout), world: world)
        defer { lease.end() }
        return try work(lease)
    }

    /// Starts the server once before the suite judges it, and records its replies.
    func probe(_ options: PlayOptions, _ speaking: SpeechOptions) throws -> ProbeRecord {
        let probe = Probe(options, speech: speaking.speech, cut: try speaking.firstCut())
        return try leasing { try probe.run(with: $0) }
    }

    func server(_ target: TargetOptions, folder: String?) throws -> ServerProgram {
        if target.sandbox != nil, let obstacle = Sandbox.obstacle { throw Exit.machineLacks.said(obstacle) }
        if let attach = target.attach, let address = Attachment.address(attach) {
            return .attached(try attachment(to: address, users: target.users ?? ""))
        }
        guard let folder else {
            if let command = target.server {
                var server = ForeignServer(command: command)
                server.isSandboxed = target.sandbox != nil
                return .foreign(server)
            }
            return .reference(try programFolder() + "/twmailer-server")
        }
        return .foreign(try server(in: folder, target))
    }

    private func attachment(to address: TCPAddress, users: String) throws -> Attachment {
        let text: [UInt8]
        do { text = try readFile(users) } catch { throw Exit.faultOfTheTool.said("cannot read \(users): \(error)") }
        guard let accounts = Attachment.accounts(text), accounts.count >= 2 else {
            throw Exit.faultOfTheTool.said("\(users) must hold at least two lines of NAME PASSWORD")
        }
        do { _ = try Sockets.connect(address, nonblocking: false) } catch {
            throw Exit.serverDidNotStart.said("nobody listens at \(address): \(error)")
        }
        return Attachment(address: address, accounts: accounts)
    }

    private func server(in folder: String, _ target: TargetOptions) throws -> ForeignServer {
        let build = try ServerBuild.make(of: folder, command: target.build, world: world, cancel: cancel)
        let at = build.place.isEmpty ? "" : "   in \(build.place)"
        say("Folder:  \(folder), copied")
        if let command = build.command { say("Build:   \(command)\(at)   \(build.duration.seconds) s") }
        var wanted = ForeignServer(command: target.server ?? "")
        (wanted.name, wanted.folder, wanted.workingFolder) = (folder, build.folder, target.cwd ?? build.place)
        wanted.isSandboxed = target.sandbox != nil
        let found = try leasing { try FolderServer.find(wanted, from: build, cancel: cancel, lease: $0) }
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

    // Not through a buffer: a build takes long, and the user should see the line before it.
    private func say(_ line: String) {
        if !isQuiet { try? writeAll(1, Array((line + "\n").utf8).span) }
    }
}

extension Duration {
    /// With one decimal.
    fileprivate var seconds: String {
        let tenths = Int(self / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
