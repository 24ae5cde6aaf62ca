/// Finds the command that starts a built folder's server: which program, and which arguments it expects.

import Posix
package import World

package struct FolderServer {
    package let server: ForeignServer
    /// Commands that did not start the server, each with the reason.
    package let failed: [String]

    /// - Parameter server: its command is empty when the command is to be found.
    package static func find(
        _ server: ForeignServer, from build: ServerBuild, cancel: Int32, lease: Lease
    ) throws(WorldFailure) -> FolderServer {
        guard isFolder(build.folder + "/" + server.workingFolder) else {
            throw .serverDidNotStart("there is no folder \(server.workingFolder) in it")
        }
        if !server.command.isEmpty { return FolderServer(server: server, failed: []) }
        let programs = ServerBinary.programs(in: build.folder)
        guard let program = ServerBinary.choose(among: programs) else {
            throw .serverDidNotStart(noProgram(programs, build))
        }
        return try trying(program, server, cancel, lease)
    }

    private static func noProgram(_ programs: [String], _ build: ServerBuild) -> String {
        let how = build.command.map { "after '\($0)'" } ?? "and nothing to build it (no Makefile, no CMakeLists.txt);"
        let found = programs.isEmpty ? "there is no program in the folder" : "no program is clearly the server"
        let which = programs.isEmpty ? "" : " among \(programs.joined(separator: ", "))"
        return "\(found)\(which) \(how) say how it is built and started: --build 'CMD' --server 'CMD {port} {spool}'"
    }

    private static func trying(
        _ program: String, _ server: ForeignServer, _ cancel: Int32, _ lease: Lease
    ) throws(WorldFailure) -> FolderServer {
        let up = server.workingFolder.split(separator: "/").map { _ in "../" }.joined()
        let inside = program.hasPrefix(server.workingFolder + "/") && !server.workingFolder.isEmpty
        let path =
            inside
            ? "./" + program.dropFirst(server.workingFolder.utf8.count + 1) : up.isEmpty ? "./" + program : up + program
        var (forms, failed, next) = (ArgumentForms.usual, [String](), 0)
        while next < forms.count {
            var server = server
            server.command = "exec \(path.shellQuoted)" + (forms[next].isEmpty ? "" : " " + forms[next])
            next += 1
            do throws(WorldFailure) {
                try World(.foreign(server), address: World.trialAddress, lease: lease).end(keeping: false)
                return FolderServer(server: server, failed: failed)
            } catch .serverDidNotStart(let why) {
                failed.append("tried '\(server.command)': \(why)")
                // Its own usage text goes before guesses.
                if let form = ArgumentForms.form(fromUsage: why, of: program), !forms.contains(form) {
                    forms.insert(form, at: next)
                }
            } catch .serverIsSilent(let why) {
                throw .serverDidNotStart("tried '\(server.command)': \(why)")
            } catch {
                throw error
            }
            if isCancelled(cancel) { throw .interrupted }
        }
        let advice = "say how it is started: --server 'CMD {port} {spool}'"
        throw .serverDidNotStart((["\(program) does not start"] + failed + [advice]).joined(separator: "\n"))
    }

    private static func isCancelled(_ descriptor: Int32) -> Bool {
        (try? Clock.system.wait(for: .readable, on: descriptor, until: Clock.system.now())) ?? false
    }
}
