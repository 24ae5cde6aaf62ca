/// The runner's end, however it comes, leaves no process and no folder behind.

import Posix
import Testing

struct RunnerEndTests {
    @Test(arguments: [Int32(2), 9])  // SIGINT, SIGKILL
    func `when the runner ends, everything it started does`(_ signal: Int32) throws {
        let temporary = try makeTemporaryFolder("/tmp/re")
        defer { try? removeTree(temporary) }
        var spawn = Spawn(try programFolder() + "/twmailer-conformance", ["-j2", "--segment", "byte", "SEND", "BAN"])
        spawn.environment = environmentValues()
        spawn.environment?["TMPDIR"] = temporary
        let null = try Posix.Directory.open(path: "/dev").open("null", .readWrite)
        spawn.descriptors = [1: null.number, 2: null.number]
        spawn.ownGroup = true
        let runner = try spawn.start()
        // A stage besides the two directories: a server is up, or on its way.
        try waitUntil("a transcript is played") { (try? Posix.Directory.open(path: temporary).names().count) ?? 0 > 2 }
        #expect(!marked(temporary).isEmpty)
        try runner.send(signal: signal)
        #expect(try runner.wait() == (signal == 9 ? .killed(signal: 9) : .exited(2)))
        try waitUntil("all processes are gone") { marked(temporary).isEmpty }
        try waitUntil("all folders are gone") { try Posix.Directory.open(path: temporary).names().isEmpty }
    }

    /// The processes that carry this TMPDIR.
    private func marked(_ temporary: String) -> [String] {
        let entry = Array("TMPDIR=\(temporary)".utf8)
        let names = (try? Posix.Directory.open(path: "/proc").names()) ?? []
        return names.filter { name in
            let environment = (try? readFile("/proc/\(name)/environ")) ?? []
            return environment.split(separator: 0).contains { $0.elementsEqual(entry) }
        }
    }

    private func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = Clock.system.now() + .seconds(30)
        while try !condition() {
            try #require(Clock.system.now() < deadline, "not within 30 s: \(what)")
            pauseBriefly(microseconds: 5000)
        }
    }
}
