/// A server's folder, from its sources to a verdict, and what becomes of a folder that is no good.

import Posix
import Testing
import Transcript
import World

struct FolderTests {
    private static let easy = ["login/wrong-password.transcript", "quit/silent.transcript"]

    private func folder() throws -> String { try PeerWorld().folder + "/folder" }

    @Test func `one command builds a folder, finds its server and how it is started, and plays`() throws {
        let before = try Spawn("ls", ["-R", folder()]).output().text
        let result = try ConformanceRunner.run([folder()] + FolderTests.easy)
        #expect(result.ending == .exited(0), "\(result.text)")
        #expect(result.text.contains("Build:   mkdir -p dep obj bin && make "), "\(result.text)")
        #expect(result.text.contains("Server:  exec ./bin/tw-server -p {port} -d {spool}\n"), "\(result.text)")
        // It does not start beside another spool's traces: each time it had a copy of its own.
        #expect(result.text.contains("2 played: 2 passed"), "\(result.text)")
        #expect(try Spawn("ls", ["-R", folder()]).output().text == before)
    }

    @Test func `a folder alone is the whole suite, and what was not reached is said`() throws {
        // It knows no SEND.
        let result = try ConformanceRunner.run([folder(), "-x"])
        #expect(result.ending == .exited(1), "\(result.text)")
        #expect(
            result.text.contains("NOT REACHED  MUST")
                && result.text.contains("\nIt does not pass: 1 MUST clause failed"))
    }

    @Test func `runs at once are told apart`() throws {
        let result = try ConformanceRunner.run([folder(), "ban/five-at-once.transcript"])
        for run in 1...5 { #expect(result.text.contains("  C1/\(run) LOGIN⏎"), "\(result.text)") }
    }

    @Test func `what is typed can be said otherwise, as the report says it`() throws {
        let command = "cd bin && exec ./tw-server -p {port} -d {spool}"
        let build = "mkdir obj dep bin && make"
        let arguments = [try folder(), "--build", build, "--server", command, "--cwd", "src/.."]
        let refused = try ConformanceRunner.run(arguments)
        #expect(refused.ending == .exited(64), "\(refused.text)")
        let result = try ConformanceRunner.run(arguments.dropLast(2) + ["send/dots.transcript"])
        // It knows no SEND.
        #expect(result.ending == .exited(1), "\(result.text)")
        #expect(
            result.text.contains(
                "Again:  scripts/conformance \(try folder()) --build '\(build)' --server '\(command)' --segment flight foundations/04-send.transcript"
            ),
            "\(result.text)")
    }

    /// How the peer is built, and what is said about it (5: it did not build or start).
    @Test(arguments: [
        ("echo no such luck; exit 3", ["typed 'echo no such luck; exit 3'", "exit=3", "| no such luck"]),
        ("true", ["there is no program in the folder"]),
        (
            "mkdir dep obj bin && make CFLAGS=-DWISH=1",
            ["bin/tw-server does not start", "signal=6", "tried 'exec ./bin/tw-server {port}'"]
        ),
        ("mkdir dep obj bin && make CFLAGS=-DWISH=2", ["does not listen after 10.0 seconds"]),
    ])
    func `a folder that does not build or start is told from a server that fails`(
        _ build: String, _ said: [String]
    ) throws {
        let result = try ConformanceRunner.run([folder(), "--build", build])
        #expect(result.ending == .exited(5), "\(result.text)")
        for words in said { #expect(result.text.contains(words), "\(result.text)") }
    }

    @Test func `a server that leaves a child behind is rid of it before the next transcript`() throws {
        let build = "mkdir dep obj bin && make CFLAGS=-DWISH=4"
        let runner = try ConformanceRunner([folder(), "--build", build, "--repeat", "4"] + FolderTests.easy)
        var most = 0
        try runner.waitUntil("the run is over", .seconds(120)) {
            // One server serves at a time: it, its sessions, its child.
            most = max(
                most,
                runner.marked.count { name in
                    (try? readFile("/proc/\(name)/comm")).map { String(decoding: $0, as: UTF8.self) == "tw-server\n" }
                        ?? false
                })
            return runner.text.contains(" played: ")
        }
        let result = try runner.finished()
        #expect(result.ending == .exited(0), "\(result.text)")
        #expect((2...6).contains(most), "\(most) processes of the server at a time")
    }

    @Test func `a server that floods its log fails, and its log does not grow for ever`() throws {
        let build = "mkdir dep obj bin && make CFLAGS=-DWISH=3"
        let server = ["--server", "exec bin/tw-server -p {port} -d {spool}", "--dialect", "strict", "--timeout", "1s"]
        let runner = try ConformanceRunner([folder(), "--build", build] + server + FolderTests.easy.prefix(1))
        var largest = 0
        try runner.waitUntil("the run is over", .seconds(120)) {
            for name in try Posix.Directory.open(path: runner.temporary).names() {
                largest = max(largest, (try? size(of: "\(runner.temporary)/\(name)/log/server")) ?? 0)
            }
            return runner.text.contains(" played: ")
        }
        let result = try runner.finished()
        #expect(result.ending == .exited(1), "\(result.text)")
        // What is written between two looks at it depends on the machine.
        #expect(largest > 1 << 20 && largest < 2 << 30, "\(largest) bytes")
    }

    private func size(of path: String) throws -> Int {
        let file = try openNamedFile(path)
        return try status(of: file.number).size
    }

    @Test func `a command that says more than anybody reads, or does not end, is ended`() throws {
        let world = try WorldGuard.start()
        defer { world.close() }
        for command in ["yes", "sleep 1000 & sleep 1000", "exec >&- 2>&-; sleep 1000"] {
            let began = Clock.system.now()
            let report = try Errand(command, in: "/", patience: .seconds(1)).run(in: world, cancel: -1)
            #expect(report.outcome == .tooLong && report.output.count <= 1 << 16, "\(command)")
            #expect(Clock.system.now() - began < .seconds(30), "\(command)")
        }
        let report = try Errand("echo a; sleep 1000 & exit 7", in: "/", patience: .seconds(60)).run(
            in: world, cancel: -1)
        #expect(report.outcome == .ended(.exited(7)) && report.lastLines(3) == ["a"])
    }

    @Test func `a program is linked where it is asked for, so that it can be started at once; the rest is copied`()
        throws
    {
        let folder = try makeTemporaryFolder("/tmp/tc")
        defer { try? removeTree(folder) }
        for name in ["a", "b"] { try makeFolder("\(folder)/\(name)") }
        for name in ["program", "text"] { try writeFile("\(folder)/a/\(name)", [1]) }
        try #require(try Spawn("chmod", ["700", folder + "/a/program"]).output().ending == .exited(0))
        var copy = TreeCopy()
        copy.linksPrograms = true
        try copy.copy(folder + "/a", into: folder + "/b")
        #expect(fingerprint(folder + "/a/program") == fingerprint(folder + "/b/program"))
        #expect(fingerprint(folder + "/a/text") != fingerprint(folder + "/b/text"))
    }
}
