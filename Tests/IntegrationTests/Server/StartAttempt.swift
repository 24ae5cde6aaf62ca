/// A server that is started and is to end at once, and what it says.

import Posix
import Testing
import Transcript
import World

struct StartAttempt {
    let status: Ending
    let message: String
}

func attempt(_ arguments: [String], program: String? = nil) throws -> StartAttempt {
    let path = try program ?? (programFolder() + "/twmailer-server")
    let output = try Spawn(path, arguments).output()
    return StartAttempt(status: output.ending, message: String(decoding: output.errors, as: UTF8.self))
}

func withFolder(_ body: (String) throws -> Void) throws {
    let folder = try makeTemporaryFolder("/tmp/tw-start")
    defer { try? removeTree(folder) }
    try body(folder)
}

func expect(_ attempt: StartAttempt, _ status: Int32, says words: [String]) {
    #expect(attempt.status == .exited(status), "\(attempt.message)")
    let lines = attempt.message.split(separator: "\n")
    #expect(lines.count == 1, "one line: \(attempt.message)")
    for word in words { #expect(attempt.message.contains(word), "\(attempt.message)") }
}
