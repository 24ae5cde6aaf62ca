/// The options that name the server under test: a folder, a command, or nothing, which means the reference.

import ArgumentParser
import Posix
import Transcript
import World

struct TargetOptions: ParsableArguments {
    @Option(
        help: "A shell command that starts the server; the suite fills in {port}, {spool}, {ldap-url} and {ldap-ca}.")
    var server: String?
    @Option(help: "A shell command that builds the server's folder; '' builds nothing.")
    var build: String?
    @Option(help: "The folder, inside the server's folder, in which the server starts.")
    var cwd: String?
    @Option(help: "HOST:PORT of a server that already runs; what the suite cannot observe there is not tested.")
    var attach: String?
    @Option(
        help: """
            With --attach: a file of accounts, at least two lines of NAME PASSWORD. The suite deletes every mail in their \
            mailboxes.
            """)
    var users: String?
    @Option(
        help: """
            How the server sees the time: auto, page (it reads the clock page at {clock-page}), preload (a preloaded \
            library moves its clock), real (the clock is not moved, so waiting takes real time).
            """)
    var clock = ClockChoice.auto
    @Option(
        help: "bwrap: the server sees the machine read-only and no home folders; for programs that nobody has reviewed."
    )
    var sandbox: SandboxChoice?

    func isForeign(folder: String?) -> Bool { folder != nil || server != nil || attach != nil }

    func validate(folder: String?) throws {
        let isForeign = isForeign(folder: folder)
        if (attach != nil) != (users != nil) { throw ValidationError("--attach and --users need each other") }
        if attach != nil && (folder != nil || server != nil || sandbox != nil || clock != .auto) {
            throw ValidationError("--attach cannot be combined with a folder, --server, --sandbox or --clock")
        }
        if let attach, Attachment.address(attach) == nil {
            throw ValidationError("--attach must be HOST:PORT, where HOST is an IPv4 address or localhost")
        }
        if !isForeign && (sandbox != nil || clock == .preload) {
            throw ValidationError("--sandbox and --clock preload need a server of your own")
        }
        if isForeign && clock == .page && !(server ?? "").contains("{clock-page}") {
            throw ValidationError("--clock page needs a --server command that contains {clock-page}")
        }
        if folder == nil && (build != nil || cwd != nil) {
            throw ValidationError("--build and --cwd need a server's folder")
        }
        if let cwd, cwd.hasPrefix("/") || cwd.split(separator: "/").contains("..") {
            throw ValidationError("--cwd must name a folder inside the server's folder")
        }
    }

    /// A JVM looks at neither of the variables that lead other programs to the suite's certificate.
    func advice(_ server: ServerProgram) -> [String] {
        guard case .foreign(let foreign) = server, foreign.command.contains("java"),
            !foreign.command.contains("{ldap-ca}")
        else { return [] }
        return [
            "Java: its trust store does not know the suite's directory; with StartTLS, give it the certificate {ldap-ca}"
        ]
    }

    /// These options as a command line; nil for the reference.
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
