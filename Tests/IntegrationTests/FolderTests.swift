/// A server's folder, from its sources to a verdict, and what becomes of a folder that is no good.

import Posix
import Testing

struct FolderTests {
    private func run(_ arguments: [String]) throws -> (ending: Ending, text: String, errors: String) {
        let output = try Spawn(programFolder() + "/twmailer-conformance", arguments).output()
        return (
            output.ending, String(decoding: output.text, as: UTF8.self), String(decoding: output.errors, as: UTF8.self)
        )
    }

    @Test func `one command builds a folder, finds its server and how it is started, and plays`() throws {
        let folder = try PeerWorld().folder + "/folder"
        let before = try Spawn("ls", ["-R", folder]).output().text
        let result = try run(
            [folder, "login/wrong-password.transcript", "quit/silent.transcript"]
        )
        #expect(result.ending == .exited(0), "\(result.text)\(result.errors)")
        #expect(result.text.contains("Build:   mkdir -p dep obj bin && make "), "\(result.text)")
        #expect(result.text.contains("Server:  exec ./bin/tw-server -p {port} -d {spool}\n"), "\(result.text)")
        // It starts beside no other spool's traces: each time it had a copy of its own.
        #expect(result.text.contains("2 played: 2 passed"), "\(result.text)")
        #expect(try Spawn("ls", ["-R", folder]).output().text == before)
    }
}
