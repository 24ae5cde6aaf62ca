/// Copies a server's folder and builds the copy: which command built it, and which programs it made.

import Posix
import SystemPackage
package import World

package struct ServerBuild {
    /// The built copy; it is removed with the run.
    package let folder: String
    /// Where the build ran; the server is started there too unless --cwd says otherwise. Empty: at the top.
    package let place: String
    /// The command that built it; nil: there was nothing to build.
    package let command: String?
    package let duration: Duration

    private static let patience = Duration.seconds(300)

    /// - Parameter command: the build command; nil: a Makefile or CMakeLists.txt is looked for; empty: nothing is
    /// built.
    package static func make(
        of source: String, command: String?, world: WorldGuard, cancel: Int32
    ) throws(WorldFailure) -> ServerBuild {
        var plan = command.map { BuildPlan(command: $0, place: "") }
        if plan == nil { plan = try BuildPlan.find(in: source) }
        let copy = try copied(source, leavingOut: command == nil && plan != nil, world)
        guard let plan, !plan.command.isEmpty else {
            return ServerBuild(folder: copy, place: "", command: nil, duration: .zero)
        }
        let began = Clock.system.now()
        let top = plan.place.isEmpty ? copy : copy + "/" + plan.place
        var made: [String] = []
        while true {
            let report: Errand.Report
            do {
                report = try Errand(plan.command, in: top, patience: patience).run(in: world, cancel: cancel)
            } catch {
                throw .broken("the build cannot be started: \(error)")
            }
            let typed =
                (made.isEmpty ? "" : "mkdir -p \(made.map(\.shellQuoted).joined(separator: " ")) && ") + plan.command
            if report.outcome == .ended(.exited(0)) {
                let duration = Clock.system.now() - began
                return ServerBuild(folder: copy, place: plan.place, command: typed, duration: duration)
            }
            if report.outcome == .interrupted { throw .interrupted }
            let missing = MissingFolders.named(in: report.output, from: top).filter { !isFolder(top + "/" + $0) }
            // Each round makes at least one folder, so the rounds are few.
            guard !missing.isEmpty, made.count < 50, report.outcome != .tooLong else {
                throw failed(report, typed, plan.place)
            }
            for folder in missing { makeFolders(folder, in: top) }
            made += missing
        }
    }

    private static func copied(_ source: String, leavingOut: Bool, _ world: WorldGuard) throws(WorldFailure) -> String {
        do {
            let temporary = processEnvironment()["TMPDIR"] ?? ""
            let folder = try world.makeTemporaryFolder((temporary.isEmpty ? "/tmp" : temporary) + "/tw-b")
            var copy = TreeCopy()
            try copy.copy(source, into: folder) { path in
                leavingOut ? !BuildPlan.isLeftOut(path) : !path.hasSuffix("/.git")
            }
            return folder
        } catch Errno.fileTooLarge {
            throw .serverDidNotStart("\(source) is too big for a server's folder (20,000 files, 1 GiB)")
        } catch {
            throw .serverDidNotStart("\(source) cannot be copied: \(error)")
        }
    }

    private static func makeFolders(_ path: String, in top: String) {
        var folder = top
        for part in path.split(separator: "/") {
            folder += "/" + part
            try? makeFolder(folder)
        }
    }

    private static func failed(_ report: Errand.Report, _ typed: String, _ place: String) -> WorldFailure {
        let how =
            switch report.outcome {
            case .ended(let ending): "it ended with \(ending)"
            case .tooLong: "it was not through after \(patience)"
            case .interrupted: "it was interrupted"
            }
        let at = place.isEmpty ? "" : " in \(place)"
        let lines = report.lastLines(12).map { "  | " + $0 }
        let text = (["the server did not build: typed '\(typed)'\(at), \(how)"] + lines).joined(separator: "\n")
        for tool in ["make", "cmake", "gcc", "g++", "cc", "c++", "clang", "clang++"] where !isInstalled(tool) {
            let said = report.output.split(separator: UInt8(ascii: "\n")).contains { line in
                line.contains("\(tool): not found".utf8) || line.contains("\(tool): No such file".utf8)
            }
            if said { return .missing("\(text)\n  there is no \(tool) on this machine") }
        }
        return .serverDidNotStart(text)
    }

    private static func isInstalled(_ program: String) -> Bool {
        (processEnvironment()["PATH"] ?? "").split(separator: ":").contains { isRunnable("\($0)/\(program)") }
    }
}
