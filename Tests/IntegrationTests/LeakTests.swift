/// What a session must not hold: its supervisor's descriptors, and passwords it has passed on (LOGIN-13).

import Posix
import SystemPackage
import TestWorld
import Testing

/// Only root may look into processes that forbid it (PR_SET_DUMPABLE).
@Suite(.enabled(if: effectiveUser() == 0, "only root may look into processes that forbid it"))
struct `What a process keeps` {
    @Test func `a session holds its client, the spool, the log, and nothing of the supervisor's`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            let session = try #require(world.sessions().first)
            let folder = "/proc/\(session)/fd"
            let targets = try Posix.Directory.open(path: folder).names().compactMap { linkTarget("\(folder)/\($0)") }
            let kinds = targets.map { target in
                if target.hasPrefix("socket:") { return "client" }
                if target.hasPrefix("pipe:") { return "stop signal" }
                if target.hasPrefix("/dev/null") { return "input" }
                if target == world.stage.log { return "log" }
                if target.hasPrefix(world.stage.spool) { return "spool" + target.dropFirst(world.stage.spool.count) }
                return target
            }
            #expect(kinds.sorted() == ["client", "input", "log", "log", "spool", "spool/.tmp", "stop signal"])
        }
    }

    @Test func `no password stays in the memory of session, supervisor or gatekeeper`() throws {
        try withServer { world in
            let long = String(repeating: "y", count: 1100) + "end-of-a-long-one"
            let passwords = ["alice-secret", "a-wrong-one-to-find", " blank-in-front", "second-login-of-mine", long]
            let talk = try world.talk()
            for password in [passwords[1], passwords[2], passwords[0], passwords[3], long] {
                try talk.say("LOGIN\nalice\n\(password)\n")
                #expect(try talk.hears(password == passwords[0] ? "OK\n" : "ERR\n"))
            }
            try talk.say("LIST\n")
            #expect(try talk.hears("0\n"))
            let everybody = world.server.tree.alive
            #expect(everybody.count >= 4, "supervisor, session, gatekeeper, worker")
            for process in everybody {
                for password in passwords {
                    // The last 12 bytes: an allocator may have written over the first 16 of what it took back.
                    let token = Array(password.utf8.suffix(12))
                    #expect(try !memory(of: process, contains: token), "\(password) in \(process)")
                }
            }
            // The search itself can find something.
            #expect(try memory(of: .current, contains: Array(passwords[3].utf8)))
        }
    }

    /// Looks through every readable mapping (proc_pid_maps(5)).
    private func memory(of process: ProcessID, contains token: [UInt8]) throws -> Bool {
        let file = try Posix.Directory.open(path: "/proc/\(process)").open("mem", .readOnly)
        let lines = try readFile("/proc/\(process)/maps").split(separator: UInt8(ascii: "\n"))
        for line in lines.map({ String(decoding: $0, as: UTF8.self) }) {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            let range = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            guard range.count == 2, fields[1].hasPrefix("rw"), !line.contains("[v") else { continue }
            var buffer = [UInt8](repeating: 0, count: range[1] - range[0])
            guard let count = try? read(file.number, into: &buffer, count: buffer.count, fromOffset: range[0]) else {
                continue
            }
            if buffer[..<count].firstRange(of: token) != nil { return true }
        }
        return false
    }
}
