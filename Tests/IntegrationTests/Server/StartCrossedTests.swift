/// A start, or a look at a spool, that waits for something or meets another.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `A start that is crossed` {
    /// The gatekeeper waits in open(2) for somebody to write the CA file.
    private func withWaitingStart(_ body: (_ server: ProcessID, _ folder: String) throws -> Void) throws {
        try withFolder { folder in
            #expect(try Spawn("mkfifo", [folder + "/ca"]).output().ending == .exited(0))
            let server = try Spawn(
                programFolder() + "/twmailer-server", ["0", folder + "/s", "--ldap-ca-file", folder + "/ca"]
            ).start()
            defer {
                try? server.send(signal: Signals.kill)
                _ = try? server.wait()
            }
            try eventually("its gatekeeper runs") { try gatekeeper(of: server) != nil }
            try body(server, folder)
        }
    }

    private func gatekeeper(of server: ProcessID) throws -> ProcessID? {
        let children = String(decoding: try readFile("/proc/\(server)/task/\(server)/children"), as: UTF8.self)
        guard let child = children.split(separator: " ").first.flatMap({ Int32($0) }) else { return nil }
        let line = try readFile("/proc/\(child)/cmdline")
        return String(decoding: line, as: UTF8.self).contains("/twmailer-gatekeeper") ? ProcessID(child) : nil
    }

    @Test func `ends when it is told to, and takes back what it made and nothing else`() throws {
        try withWaitingStart { (server, folder) in
            try Posix.Directory.open(path: folder).rename("s", to: "elsewhere")
            try makeFolder(folder + "/s")
            try server.send(signal: Signals.terminate)
            var ending: Ending?
            try eventually("it ends") {
                ending = try server.ended()
                return ending != nil
            }
            #expect(ending == .exited(0))
            #expect(try Posix.Directory.open(path: folder).names().sorted() == ["ca", "elsewhere", "s"])
        }
    }

    @Test func `takes its gatekeeper with it when it is killed`() throws {
        try withWaitingStart { (server, _) in
            let child = try #require(try gatekeeper(of: server))
            try server.send(signal: Signals.kill)
            try eventually("its gatekeeper ends") { fingerprint("/proc/\(child)/fd/3") == nil }
        }
    }

    /// A server that has stopped itself after its first `call`, of `path` if given; `body` lets it go on.
    private func withStopped(
        after call: String, of path: String? = nil, _ arguments: [String], _ body: (ProcessID) throws -> Void
    ) throws {
        try withFolder { folder in
            let stop = ["-e", "trace=\(call)", "-e", "inject=\(call):signal=STOP:when=1"]
            let program = try programFolder() + "/twmailer-server"
            let server = try Spawn(
                "strace",
                ["-D", "-o", folder + "/said"] + (path.map { ["-P", $0] } ?? []) + stop + [program] + arguments
                    + ["--ldap-starttls", "never"]
            ).start()
            defer {
                try? server.send(signal: Signals.kill)
                _ = try? server.wait()
            }
            try eventually("it has stopped") {
                String(decoding: (try? readFile(folder + "/said")) ?? [], as: UTF8.self).contains("stopped by SIGSTOP")
            }
            try body(server)
        }
    }

    /// The first has made the lock's file and not locked it yet when the second, which cannot start, takes its own away.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `has its lock also when another has failed to start at the same time`() throws {
        try withFolder { folder in
            let (spool, port) = (folder + "/s", folder + "/port")
            try withStopped(after: "openat", of: ".lock", ["0", spool, "--port-file", port]) { server in
                #expect(fingerprint(spool + "/.lock") != nil)
                expect(try attempt(["0", spool, "--ldap-ca-file", "/none"]), 78, says: ["/none"])
                #expect(fingerprint(spool + "/.lock") == nil)
                try server.send(signal: Signals.resume)
                try eventually("it serves") { fingerprint(port) != nil }
                #expect(fingerprint(spool + "/.lock") != nil)
                expect(try attempt(["0", spool]), 75, says: [spool + " is in use"])
            }
        }
    }

    /// Where none is there, another makes one; where one is there, its maker takes it back.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition), arguments: [false, true])
    func `takes the folder that is there when it gets to it, or makes it`(isThere: Bool) throws {
        try withFolder { folder in
            let (spool, port) = (folder + "/s", folder + "/port")
            if isThere { try makeFolder(spool) }
            try withStopped(after: "openat", of: spool, ["0", spool, "--port-file", port]) { server in
                if isThere { try removeFolder(spool) } else { try makeFolder(spool) }
                try server.send(signal: Signals.resume)
                try eventually("it serves") { fingerprint(port) != nil }
            }
        }
    }

    /// A look takes minutes where there is much to look at.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `is not kept from its spool by --check, which sees that it has come`() throws {
        try withServer { world in
            world.server.kill()
            try withStopped(after: "getdents64", ["0", world.stage.spool, "--check"]) { check in
                try world.start()
                try check.send(signal: Signals.resume)
                #expect(try check.wait() == .exited(75))
                try world.talk().login("alice")
            }
        }
    }
}
