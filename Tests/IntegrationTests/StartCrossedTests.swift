/// A start, or a look at a spool, that waits for something or meets another.

import Conformance
import Posix
import SystemPackage
import TestWorld
import Testing

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

    /// A server at its `call`, which waits there for eight seconds.
    private func late(_ call: String, _ arguments: [String]) throws -> ProcessID {
        let late = ["-D", "-qq", "-o", "/dev/null", "-e", "trace=\(call)"]
        let fault = ["-e", "inject=\(call):delay_enter=8000000:when=1", try programFolder() + "/twmailer-server"]
        return try Spawn("strace", late + fault + arguments + ["--ldap-starttls", "never"]).start()
    }

    /// The first has made the lock's file and not locked it yet when the second, which cannot start, takes its own away.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `has its lock also when another has failed to start at the same time`() throws {
        try withFolder { folder in
            let (spool, port) = (folder + "/s", folder + "/port")
            let first = try late("fcntl", ["0", spool, "--port-file", port])
            defer {
                try? first.send(signal: Signals.kill)
                _ = try? first.wait()
            }
            try eventually("its lock has a file") { fingerprint(spool + "/.lock") != nil }
            expect(try attempt(["0", spool, "--ldap-ca-file", "/none"]), 78, says: ["/none"])
            #expect(fingerprint(spool + "/.lock") == nil, "the first has not come further")
            try eventually("it serves") { fingerprint(port) != nil }
            #expect(fingerprint(spool + "/.lock") != nil)
            expect(try attempt(["0", spool]), 75, says: [spool + " is in use"])
        }
    }

    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `takes the folder that another has just made`() throws {
        try withFolder { folder in
            let server = try late("mkdirat", ["0", folder + "/s", "--port-file", folder + "/port"])
            defer {
                try? server.send(signal: Signals.kill)
                _ = try? server.wait()
            }
            try eventually("it has found no folder and is about to make one") {
                let numbers = (try? Posix.Directory.open(path: "/proc/\(server)/fd").names()) ?? []
                return numbers.contains { linkTarget("/proc/\(server)/fd/\($0)") == folder }
            }
            #expect(try Spawn("mkdir", ["-m", "700", folder + "/s"]).output().ending == .exited(0))
            try eventually("it serves") { fingerprint(folder + "/port") != nil }
        }
    }

    /// A look takes minutes where there is much to look at.
    @Test(.enabled(if: FaultInjection.isPossible, FaultInjection.condition))
    func `is not kept from its spool by --check, which sees that it has come`() throws {
        try withServer { world in
            world.server.kill()
            let said = world.stage.folder + "/log/strace"
            let stop = ["-e", "trace=getdents64", "-e", "inject=getdents64:signal=STOP:when=1"]
            let look = [
                world.program + "/twmailer-server", "0", world.stage.spool, "--check", "--ldap-starttls", "never",
            ]
            let check = try Spawn("strace", ["-D", "-o", said] + stop + look).start()
            defer {
                try? check.send(signal: Signals.kill)
                _ = try? check.wait()
            }
            try eventually("it looks") {
                String(decoding: (try? readFile(said)) ?? [], as: UTF8.self).contains("stopped by SIGSTOP")
            }
            try world.start()
            try check.send(signal: 18)  // SIGCONT
            #expect(try check.wait() == .exited(75))
            try world.talk().login("alice")
        }
    }
}
