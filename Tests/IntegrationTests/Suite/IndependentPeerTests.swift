/// Servers that were written for this alone: in a correct one nothing is found, and in one with faults just those.

import Engine
import Posix
import Results
import Synchronization
import Testing
import Transcript
import World

@Suite(.serialized) struct IndependentPeerTests {
    /// By a server that is asked as a stranger's is: in its own dialect, every transcript that judges a MUST.
    private func results(_ server: ServerProgram) throws -> [TranscriptResult] {
        let world = try PeerWorld()
        var options = PlayOptions(server: server, cancel: -1)
        let directories = try TestDirectories.shared.get()
        options.tolerance = try directories.lending(world.checkout) { try Probe(options).run(with: $0).dialect }
        let transcripts = world.transcripts { $0.tags.contains { $0.clause.level == .must } }
        return try atOnce(Array(transcripts.enumerated()), world) { [options] each, lease in
            let (number, transcript) = each
            return try Playing(
                transcript, .flight, number: 40_000 + number, dialect: [world.suite.dialect], options: options
            ).play(with: lease)
        }
    }

    private func failed(_ results: [TranscriptResult]) -> [String: [String]] {
        let failures = results.filter {
            $0.failure?.clause?.level == .must || $0.isBlocked || $0.failure?.verdict == .crash
        }
        return Dictionary(grouping: failures) { $0.failure?.clause?.id ?? "[setup]" }.mapValues { failures in
            failures.map { "\($0.path):\($0.failure?.place.line ?? 0): received \($0.failure?.received ?? "")" }
        }
    }

    @Test func `a correct server, by fork and in Python, passes every MUST`() throws {
        let peer = try PeerWorld().folder + "/upright.py"
        let results = try results(.foreign(command: "exec \(PeerWorld.python) -I -S '\(peer)' {port} {spool}"))
        for (clause, places) in failed(results) { Issue.record("\(clause): \(places.joined(separator: "; "))") }
        let musts = results.flatMap(\.outcomes).filter { $0.clause.level == .must }
        let passed = Set(musts.filter { $0.verdict == .pass }.map(\.clause.id))
        #expect(passed == Set(musts.map(\.clause.id)))
    }

    /// The faults are described where they are: Peers/course.c. It takes a recv for a command, so that half a command tells
    /// nothing of FRAME-5.
    private static let faults: Set = [
        "FRAME-1", "FRAME-3", "LOGIN-6", "BAN-2", "BAN-5", "SEND-6", "LIST-1", "READ-3", "DEL-4",
    ]

    @Test func `of a server of a course's making each fault is named by its own clause, and nothing else is`() throws {
        try withPrograms { programs in
            let program = try programs.compile("course.c", ["-lldap", "-llber", "-lpthread"])
            let results = try results(.foreign(command: "exec \(program) {port} {spool}"))
            let failed = failed(results)
            #expect(Set(failed.keys) == IndependentPeerTests.faults, "\(failed)")
            // Its bans are lifted by sleeping threads: the steps after `advance` come a second later at the most.
            // Those that start the server anew are not judged: it has no bans then (BAN-5).
            let ban = results.filter { result in
                result.outcomes.contains { $0.clause.id == "BAN-3" }
                    && !["restart", "down"].contains { result.path.contains("ban/\($0)-") }
            }
            #expect(!ban.isEmpty && ban.allSatisfy { $0.failure == nil && $0.untested == nil }, "\(ban)")
        }
    }

    private static var hasJava: Bool {
        (processEnvironment()["PATH"] ?? "").split(separator: ":").contains { isRunnable("\($0)/javac") }
    }

    @Test(.deep, .enabled("there is no javac on this machine") { hasJava })
    func `a correct server in Java, whose StartTLS is the JVM's, passes every MUST`() throws {
        try withPrograms { programs in
            let folder = try programs.compileJava("Upright.java")
            let command = "exec java -cp \(folder) Upright {port} {spool} {ldap-ca}"
            let server = try JudgedServer(["--server", command, "--level", "must"], within: .seconds(600))
            #expect(server.failedMusts == [] && server.blocked == [], "\(server.text)")
            #expect(server.passed.contains("LOGIN-1") && server.passed.contains("LOGIN-6"), "\(server.text)")
        }
    }

    @Test(.enabled("there is no javac on this machine") { hasJava })
    func `a server in Java is judged by the clock that it sees, or not judged`() throws {
        try withPrograms { programs in
            let folder = try programs.compileJava("LoginOnly.java")
            let server = ServerProgram.foreign(command: "exec java -cp \(folder) LoginOnly {port}")
            for transcript in ["ban/one-minute-and-over.transcript", "ban/one-minute.transcript"] {
                let result = try programs.play(transcript, against: server)
                #expect(result.failure == nil)
                #expect(result.untested?.hasPrefix("inconclusive clock") ?? true)
                let seen = result.untested ?? "the clock is honoured"
                print("Java: \(transcript): \(seen)")
            }
        }
    }
}
