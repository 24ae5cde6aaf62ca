/// The runner as a user starts it, with a temp folder of its own, so that what it leaves behind is seen.

import Posix
import SystemPackage
import Testing
import Transcript
import World

final class ConformanceRunner {
    let temporary: String
    let process: ProcessID
    private let output: String

    struct Result {
        let ending: Ending
        /// Both streams.
        let text: String
    }

    init(_ arguments: [String]) throws {
        temporary = try makeTemporaryFolder("/tmp/cr")
        output = try makeTemporaryFolder("/tmp/co")
        var spawn = Spawn(try programFolder() + "/twmailer-conformance", arguments)
        spawn.environment = processEnvironment()
        spawn.environment?["TMPDIR"] = temporary
        let file = try Posix.Directory.open(path: output).create("text", .append, exclusive: true)
        spawn.descriptors = [1: file.number, 2: file.number]
        spawn.ownGroup = true
        process = try spawn.start()
    }

    deinit {
        for folder in [temporary, output] { try? removeTree(folder) }
    }

    static func run(_ arguments: [String], within limit: Duration = .seconds(120)) throws -> Result {
        try ConformanceRunner(arguments).finished(within: limit)
    }

    /// Its end, after which nothing may be left of it.
    func finished(within limit: Duration = .seconds(120)) throws -> Result {
        var ending: Ending?
        do {
            try waitUntil("the runner ends", limit) {
                ending = try process.ended()
                return ending != nil
            }
        } catch {
            try process.send(signal: Signals.interrupt)
            _ = try process.wait()
            throw error
        }
        try waitUntil("all processes are gone", .seconds(30)) { marked.isEmpty }
        try waitUntil("all folders are gone", .seconds(30)) {
            try Posix.Directory.open(path: temporary).names().isEmpty
        }
        return Result(ending: ending!, text: text)
    }

    var text: String { String(decoding: (try? readFile(output + "/text")) ?? [], as: UTF8.self) }

    /// The living processes that carry this TMPDIR.
    var marked: [String] {
        let entry = Array("TMPDIR=\(temporary)".utf8)
        let names = (try? Posix.Directory.open(path: "/proc").names()) ?? []
        return names.filter { name in
            let environment = (try? readFile("/proc/\(name)/environ")) ?? []
            return environment.split(separator: 0).contains { $0.elementsEqual(entry) }
        }
    }

    func waitUntil(_ what: String, _ limit: Duration = .seconds(30), _ condition: () throws -> Bool) throws {
        let deadline = Clock.system.now() + limit
        while try !condition() {
            try #require(Clock.system.now() < deadline, "not within \(limit): \(what)")
            pauseBriefly(microseconds: 5000)
        }
    }
}
