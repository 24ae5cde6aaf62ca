/// Peers that are no servers: the runner gives its verdict, in bounded time and memory.

import Posix
import Testing
import Transcript
import World

struct MisbehavingPeerTests {
    @Test(arguments: ["never-accepts", "silent", "one-byte-a-second", "endless-bytes", "endless-lines", "resets"])
    func `a peer that is no server fails, and soon`(_ how: String) throws {
        let world = try PeerWorld()
        let report = try makeTemporaryFolder("/tmp/mp")
        defer { try? removeTree(report) }
        let server = "exec \(PeerWorld.python) -I -S \(world.folder)/misbehaving.py {port} \(how)"
        let transcripts = ["login/right-password", "list/empty"].map { "\(world.suite.folder)/\($0).transcript" }
        var spawn = Spawn(
            try programFolder() + "/twmailer-conformance",
            ["run", "--server", server, "--dialect", "strict", "--segment", "flight", "--timeout", "2", "-j1", "-q"]
                + transcripts)
        let output = try Posix.Directory.open(path: report).create("output", .append, exclusive: true)
        spawn.descriptors = [1: output.number, 2: output.number]
        let runner = try spawn.start()
        var (ending, largest): (Ending?, Int) = (nil, 0)
        // Twice a time-out of 2 s that grows to 8 s beside a busy server; the rest is for a loaded machine.
        let deadline = Clock.system.now() + .seconds(60)
        while ending == nil, Clock.system.now() < deadline {
            largest = max(largest, peakKilobytes(of: runner))
            pauseBriefly(microseconds: 5000)
            ending = try runner.ended()
        }
        if ending == nil {
            try runner.send(signal: 2)
            ending = try runner.wait()
            Issue.record("no verdict within 60 s")
        }
        let text = String(decoding: try readFile(report + "/output"), as: UTF8.self)
        // Who has never asked the directory has perhaps asked another one; otherwise the foundation of all fails, once.
        let isJudged = text.contains("FAIL  foundations/01-login.transcript")
        #expect(ending == .exited(isJudged ? 1 : 5), "\(text)")
        #expect(isJudged || text.contains("Nothing could be judged: "), "\(text)")
        #expect((1...131_072).contains(largest), "\(largest) KiB at the most")
    }

    /// A transcript, a fault, and what then was judged, if that is not the fault's own clause.
    @Test(arguments: [
        ("quit/ends-the-connection", "quit-ends-server", "QUIT-1", String?.none),
        ("framing/long-arguments", "long-line-ends-server", "PROC-2", "FRAME-12"),
        ("lifetime/bad-input", "long-line-ends-server", "PROC-2", nil),
    ])
    func `a server that is dying while it is judged has crashed, which is its own fault and no other`(
        _ path: String, _ fault: String, _ clause: String, _ judged: String?
    ) throws {
        let world = try PeerWorld()
        let transcript = try #require(world.transcripts { $0.path.hasSuffix("/\(path).transcript") }.first)
        let result = try TestDirectories.shared.get().lending(world.checkout) { lease in
            try world.play(transcript, fault, patience: .seconds(5), with: lease)
        }
        #expect(result.failure?.verdict == .crash && result.failure?.clause?.id == clause)
        let crashed = result.outcomes.filter { $0.verdict == .crash }.map(\.clause.id)
        #expect(crashed == [clause])
        #expect(!result.outcomes.contains { $0.verdict == .fail })
        if let judged {
            let outcome = result.outcomes.last { $0.clause.id == judged }
            #expect(outcome?.verdict == .notTested && outcome?.reason?.hasPrefix("fix \(clause) first: ") ?? false)
        }
    }

    @Test func `a server that starts three times and never again is in trouble there, and what it showed before stays`()
        throws
    {
        let world = try PeerWorld()
        let folder = try makeTemporaryFolder("/tmp/mp")
        defer { try? removeTree(folder) }
        // Each playing is a start, and the foundations are played first.
        let peer = "exec \(PeerWorld.python) -I -S \(world.folder)/upright.py {port} {spool}"
        let server = "mkdir \(folder)/1 || mkdir \(folder)/2 || mkdir \(folder)/3 || exit 7; \(peer)"
        let transcripts = ["list/empty", "quit/ends-the-connection"].map { "\(world.suite.folder)/\($0).transcript" }
        let output = try Spawn(
            try programFolder() + "/twmailer-conformance",
            ["run", "--server", server, "--dialect", "strict", "-j1"] + transcripts
        ).output()
        let text = String(decoding: output.text, as: UTF8.self)
        #expect(output.ending == .exited(1), "\(text)")
        #expect(text.contains("blocked"), "\(text)")
        #expect(!text.contains("LOGIN-1: "), "what it showed in its first playing stays: \(text)")
        #expect(text.contains("the server ended at its start"), "\(text)")
    }

    /// VmHWM of proc(5); 0 when it has ended.
    private func peakKilobytes(of process: ProcessID) -> Int {
        let status = String(decoding: (try? readFile("/proc/\(process)/status")) ?? [], as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
