/// The exit statuses, and the one line that goes with each.

import ArgumentParser
import Bytes
import Engine
import Options
import Posix
import SystemPackage
import Transcript
import World

enum Exit: Int32 {
    case interrupted = 2
    case faultOfTheTool = 3
    case nothingMatched = 4
    case serverDidNotStart = 5
    case machineLacks = 6

    /// Says why on stderr.
    func said(_ text: String) -> ExitCode {
        // What a server or its build has said may be in it.
        let lines = "twmailer-conformance: \(text)".utf8.split(separator: 10).map {
            Visible.line(Array($0), limit: 500)
        }
        try? writeAll(2, Array((lines.joined(separator: "\n") + "\n").utf8).span)
        return ExitCode(rawValue)
    }

    static func of(_ problem: Problem, name: (String) -> String) -> ExitCode {
        switch problem {
        case .interrupted: ExitCode(Exit.interrupted.rawValue)
        case .transcript(let path, let line, let message):
            faultOfTheTool.said("\(name(path)):\(line): error: \(message)")
        case .world(let failure): of(failure)
        }
    }

    static func of(_ failure: WorldFailure) -> ExitCode {
        switch failure {
        case .missing(let text): machineLacks.said(text)
        case .serverDidNotStart(let text), .serverIsSilent(let text): serverDidNotStart.said(text)
        case .broken(let text): faultOfTheTool.said(text)
        case .interrupted: ExitCode(interrupted.rawValue)
        }
    }
}

/// Where the suite and the checkout around it are.
struct SuitePlace {
    let folder: String
    let checkout: String
    /// The suite has the product's version.
    static let version = productVersion

    init(_ options: SuiteOptions) throws {
        let program = try programFolder()
        if let given = options.suite {
            folder = given.hasSuffix("/") && given.count > 1 ? String(given.dropLast()) : given
            checkout = Suite.checkout(above: folder + "/") ?? Suite.checkout(above: program + "/") ?? "."
        } else if let found = Suite.checkout(above: program + "/") {
            (folder, checkout) = (found + "/conformance", found)
        } else {
            throw Exit.faultOfTheTool.said("no folder conformance/ above \(program); name it with --suite")
        }
    }

    /// The suite's folder as CI knows it: from the top of its workspace, or else of this checkout.
    var folderInCheckout: String {
        for top in [processEnvironment()["GITHUB_WORKSPACE"], checkout] {
            guard let top, !top.isEmpty, folder.hasPrefix(top + "/") else { continue }
            return String(folder.dropFirst(top.utf8.count + 1))
        }
        return folder
    }

    /// The whole suite, or the files and folders at `paths`, looked up here and then in the suite.
    func read(paths: [String], dialect: String = "strict") throws -> Suite {
        let found = try paths.map { path in
            for candidate in [path, folder + "/" + path] where fingerprint(candidate) != nil { return candidate }
            throw Exit.nothingMatched.said(
                "there is no clause, file, folder or command '\(path)'; --help names the commands, --list the transcripts"
            )
        }
        do {
            return try Suite(folder: folder, dialect: dialect, paths: found.isEmpty ? nil : found)
        } catch {
            throw Exit.faultOfTheTool.said("\(error)")
        }
    }
}
