/// Which server is meant: a folder, a command, or nothing, which is the reference.

import ArgumentParser
import Posix
import TestWorld

struct TargetOptions: ParsableArguments {
    @Option(
        help: "A command for sh -c that starts another server; {port}, {spool}, {ldap-url}, {ldap-ca} are filled in.")
    var server: String?
    @Option(help: "What builds the server's folder, for sh -c; '' builds nothing.")
    var build: String?
    @Option(help: "Where in the server's folder it is started.")
    var cwd: String?

    func validate(folder: String?) throws {
        if folder == nil && (build != nil || cwd != nil) {
            throw ValidationError("--build and --cwd go with a server's folder")
        }
        if let cwd, cwd.hasPrefix("/") || cwd.split(separator: "/").contains("..") {
            throw ValidationError("--cwd is a folder inside the server's")
        }
    }

    /// As one would type them again; nil for the reference.
    func arguments(folder: String?) -> String? {
        let options = [("--build", build), ("--server", server), ("--cwd", cwd)].compactMap { name, value in
            value.map { "\(name) \($0.shellQuoted)" }
        }
        let all = (folder.map { [$0.shellQuoted] } ?? []) + options
        return all.isEmpty ? nil : all.joined(separator: " ")
    }
}

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
