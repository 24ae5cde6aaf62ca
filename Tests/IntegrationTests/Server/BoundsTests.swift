/// Whether every process of the server has gone inside its bounds, and what a kernel without them costs.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

/// What the bounds are is tested in UnitTests/ConfinementTests.
@Suite(.enabled(if: FaultInjection.isPossible && Confinement.isPossible, "needs root, and a kernel with Landlock"))
struct `The bounds of the server's processes` {
    @Test func `are entered by the supervisor, each session, the gatekeeper and each worker`() throws {
        let folder = try makeTemporaryFolder("/tmp/tw-b")
        defer { try? removeTree(folder) }
        let trace = folder + "/trace"
        try withServer(launcher: FaultInjection.launcher("-f -o \(trace) -e trace=landlock_restrict_self")) { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nbob\nin bounds\n.\nREAD\n1\n")
            #expect(try talk.hears("OK\nERR\n"))
            let kinds = world.sessions() + [world.server.leader] + [world.gatekeeper()].compactMap(\.self)
            let processes = kinds + world.workers()
            #expect(processes.count == 4)
            for process in processes {
                try world.eventually("\(process) is inside") {
                    let lines = String(decoding: try readFile(trace), as: UTF8.self).split(separator: "\n")
                    return lines.contains { $0.hasPrefix("\(process) ") && $0.hasSuffix(" = 0") }
                }
            }
        }
    }

    @Test func `are missing without harm where the kernel has none, and the log says so once`() throws {
        let fault = "-f -o /dev/null -e trace=landlock_create_ruleset -e inject=landlock_create_ruleset:error=ENOSYS"
        try withServer(launcher: FaultInjection.launcher(fault)) { world in
            for source in ["127.0.0.71", "127.0.0.72"] {
                #expect(try world.login("alice", "alice-secret", from: source) == "OK\n")
            }
            let lines = try world.logged("not-confined")
            #expect(lines.count == 1)
        }
    }
}
