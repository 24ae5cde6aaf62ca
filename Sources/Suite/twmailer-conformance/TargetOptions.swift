/// Which server is meant: a folder, a command, or nothing, which is the reference.

import ArgumentParser
import Posix
import Transcript
import World

struct TargetOptions: ParsableArguments {
    @Option(
        help: "A command for sh -c that starts another server; {port}, {spool}, {ldap-url}, {ldap-ca} are filled in.")
    var server: String?
    @Option(help: "What builds the server's folder, for sh -c; '' builds nothing.")
    var build: String?
    @Option(help: "Where in the server's folder it is started.")
    var cwd: String?
    @Option(help: "HOST:PORT of a server that runs already; what cannot be seen of it is not tested.")
    var attach: String?
    @Option(
        help: """
            With --attach: who may log in there, at least two lines of NAME PASSWORD. The accounts are used up: every \
            mail in their mailboxes is deleted.
            """)
    var users: String?
    @Option(
        help: """
            How it sees the time: auto, page (it reads the page at {clock-page}), preload (the clock is moved for it), \
            real (nothing is moved: waiting takes as long as it takes).
            """)
    var clock = ClockChoice.auto
    @Option(help: "bwrap: the server sees the machine read-only and nobody's home, for programs nobody has read.")
    var sandbox: SandboxChoice?

    func isForeign(folder: String?) -> Bool { folder != nil || server != nil || attach != nil }

    func validate(folder: String?) throws {
        let isForeign = isForeign(folder: folder)
        if (attach != nil) != (users != nil) { throw ValidationError("--attach and --users go together") }
        if attach != nil && (folder != nil || server != nil || sandbox != nil || clock != .auto) {
            throw ValidationError("--attach goes with no folder, --server, --sandbox or --clock")
        }
        if let attach, Attachment.address(attach) == nil {
            throw ValidationError("--attach is HOST:PORT, HOST an IPv4 address or localhost")
        }
        if !isForeign && (sandbox != nil || clock == .preload) {
            throw ValidationError("--sandbox and --clock preload go with a server of your own")
        }
        if isForeign && clock == .page && !(server ?? "").contains("{clock-page}") {
            throw ValidationError("--clock page goes with a --server command that has {clock-page}")
        }
        if folder == nil && (build != nil || cwd != nil) {
            throw ValidationError("--build and --cwd go with a server's folder")
        }
        if let cwd, cwd.hasPrefix("/") || cwd.split(separator: "/").contains("..") {
            throw ValidationError("--cwd is a folder inside the server's")
        }
    }

    /// As one would type them again; nil for the reference.
    func arguments(folder: String?) -> String? {
        let named = [
            ("--build", build), ("--server", server), ("--cwd", cwd), ("--attach", attach), ("--users", users),
        ]
        let modes = [("--clock", clock.mode?.rawValue), ("--sandbox", sandbox?.rawValue)]
        let options = (named + modes).compactMap { name, value in value.map { "\(name) \($0.shellQuoted)" } }
        let all = (folder.map { [$0.shellQuoted] } ?? []) + options
        return all.isEmpty ? nil : all.joined(separator: " ")
    }
}

enum ClockChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, page, preload, real
    var mode: ClockMode? { ClockMode(rawValue: rawValue) }
}

enum SandboxChoice: String, ExpressibleByArgument, CaseIterable { case bwrap }

enum ServerPlace {
    /// Whether an argument names a server's folder: a folder from here that holds no transcripts.
    static func isServer(_ argument: String) -> Bool {
        guard isFolder(argument) || isFolder(argument + "/.") else { return false }
        return !holdsTranscripts(argument, depth: 2)
    }

    private static func holdsTranscripts(_ folder: String, depth: Int) -> Bool {
        guard let names = try? Posix.Directory.open(path: folder).names() else { return false }
        if names.contains(where: { $0.hasSuffix(".transcript") || $0.hasSuffix(".dialect") }) { return true }
        return depth > 0 && names.contains { holdsTranscripts("\(folder)/\($0)", depth: depth - 1) }
    }
}
