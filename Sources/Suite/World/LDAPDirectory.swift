/// A real slapd as a throwaway process; scripts/start-slapd.sh starts it, and the guard watches it.

import Glibc
package import Posix
import SystemPackage

/// Belongs to one worker thread at a time.
package final class LDAPDirectory {
    package let url: String
    package let caFile: String
    package let folder: String
    package private(set) var process: ProcessID
    private let script: String
    private let world: WorldGuard
    private var log: DirectoryLog
    private let logPath: String
    private enum State { case answering, hanging, halted, withoutTLS, untrusted }
    private var state = State.answering
    private var configuration: [UInt8] = []

    /// - Parameter script: the path of start-slapd.sh.
    /// - Throws: `.missing` when slapd is not installed.
    package static func start(
        script: String, ldif: [String], allowingAnonymousBind: Bool, world: WorldGuard
    ) throws(WorldFailure) -> LDAPDirectory {
        do {
            let temporary = processEnvironment()["TMPDIR"] ?? ""
            // The folder holds slapd's socket, and a socket's path must be short.
            let parent = temporary.isEmpty || temporary.utf8.count > 60 ? "/tmp" : temporary
            let folder = try world.makeTemporaryFolder(parent + "/tw-d")
            var arguments = ["--dir", folder] + ldif.flatMap { ["--ldif", $0] }
            if allowingAnonymousBind { arguments.append("--allow-anonymous-bind") }
            let answer = try run(script, arguments, world)
            return try LDAPDirectory(answer, folder, script, world)
        } catch let failure as WorldFailure {
            throw failure
        } catch {
            throw .broken("slapd: \(error)")
        }
    }

    private init(_ answer: [String: String], _ folder: String, _ script: String, _ world: WorldGuard) throws {
        guard let url = answer["LDAP_URL"], let caFile = answer["LDAP_CA_FILE"], let path = answer["LDAP_LOG"],
            let process = answer["LDAP_PID"].flatMap({ Int32($0) })
        else { throw WorldFailure.broken("\(script) did not say where slapd is") }
        (self.url, self.caFile, self.folder, self.process) = (url, caFile, folder, ProcessID(process))
        (self.script, self.world) = (script, world)
        log = try DirectoryLog(path: path)
        logPath = path
        world.watch(group: self.process)
    }

    /// Counts binds from zero from here on.
    package func markBinds() throws(WorldFailure) {
        do { try log.mark() } catch { throw .broken("slapd's log: \(error)") }
    }

    /// Binds with a name since the mark, whatever their outcome.
    package func binds() throws(WorldFailure) -> Int {
        do { return try log.count() } catch { throw .broken("slapd's log: \(error)") }
    }

    /// The last lines of slapd's log, for reports.
    package func lastLogLines(_ count: Int) -> [String] {
        let bytes = (try? readFile(logPath, limit: 1 << 24)) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).suffix(count).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether somebody asked for StartTLS between the mark and the last look at the binds.
    package var askedForTLS: Bool { log.askedForTLS }

    /// A watch that wakes when the log grows.
    package func watchLog() throws(WorldFailure) -> FolderWatch {
        do { return try FolderWatch.start(folder) } catch { throw .broken("slapd's log: \(error)") }
    }

    /// Connections are refused from now on.
    package func halt() throws(WorldFailure) {
        if state == .halted { return }
        if state == .withoutTLS { try restoreConfiguration() }
        if state == .hanging { _ = try? process.send(signal: Signals.resume) }
        world.forget(group: process)
        _ = try LDAPDirectory.run(script, ["--halt", folder], world)
        state = .halted
    }

    /// Takes connections and answers nothing.
    package func hang() throws(WorldFailure) {
        guard state == .answering else { return }
        do {
            try process.send(signal: Signals.stop)
            state = .hanging
            // A sent SIGSTOP is not yet effective: a thread on another processor answers until it is interrupted.
            let deadline = Clock.system.now() + .seconds(10)
            while try !ProcessTree.isStopped(process) {
                if Clock.system.now() > deadline { throw WorldFailure.broken("slapd does not stop at SIGSTOP") }
                pauseBriefly(microseconds: 200)
            }
        } catch let failure as WorldFailure {
            throw failure
        } catch {
            throw .broken("slapd cannot be stopped: \(error)")
        }
    }

    /// Answers, but refuses StartTLS: slapd is started again without a certificate.
    package func refuseTLS() throws(WorldFailure) {
        try halt()
        try configure { $0.filter { !$0.starts(with: "TLS".utf8) } }
        try launch()
        state = .withoutTLS
    }

    /// Answers StartTLS with a certificate that nobody should trust: `expired`, `other-host` or `other-authority`.
    package func show(certificate: String) throws(WorldFailure) {
        try halt()
        try launch(["--certificate", certificate])
        state = .untrusted
    }

    /// Answers again, on the same port and with the same entries.
    package func resume() throws(WorldFailure) {
        switch state {
        case .answering: return
        case .hanging: _ = try? process.send(signal: Signals.resume)
        case .halted: try launch()
        case .withoutTLS, .untrusted:
            try halt()
            try launch()
        }
        state = .answering
    }

    private func launch(_ options: [String] = []) throws(WorldFailure) {
        let answer = try LDAPDirectory.run(script, ["--restart", folder] + options, world)
        guard let number = answer["LDAP_PID"].flatMap({ Int32($0) }) else { throw .broken("slapd did not start again") }
        process = ProcessID(number)
        world.watch(group: process)
    }

    private func configure(_ change: ([[UInt8]]) -> [[UInt8]]) throws(WorldFailure) {
        let path = folder + "/slapd.conf"
        do {
            configuration = try readFile(path)
            let lines = configuration.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            try writeFile(path, Array(change(lines.map(Array.init)).joined(separator: [UInt8(ascii: "\n")])))
        } catch {
            throw .broken("\(path): \(error)")
        }
    }

    private func restoreConfiguration() throws(WorldFailure) {
        let path = folder + "/slapd.conf"
        do { try writeFile(path, configuration) } catch { throw .broken("\(path): \(error)") }
    }

    /// Whether slapd runs and may send something.
    package var isAwake: Bool { state != .hanging && state != .halted }

    /// Ends slapd and removes its folder.
    package func end() {
        if state == .hanging { _ = try? process.send(signal: Signals.resume) }
        _ = try? LDAPDirectory.run(script, ["--stop", folder], world)
        world.forget(group: process)
        world.forget(folder: folder)
    }

    /// Runs the script and returns its `NAME=value` lines.
    private static func run(
        _ script: String, _ arguments: [String], _ world: WorldGuard
    ) throws(WorldFailure) -> [String: String] {
        var spawn = Spawn("/bin/bash", [script] + arguments)
        spawn.environment = processEnvironment()
        spawn.environment?[world.mark.name] = world.mark.value
        let output: Spawn.Output
        do { output = try spawn.output() } catch { throw .broken("\(script): \(error)") }
        guard output.ending == .exited(0) else {
            let reason = String(decoding: output.errors, as: UTF8.self)
            throw output.ending == .exited(69) ? .missing(reason) : .broken(reason)
        }
        let lines = String(decoding: output.text, as: UTF8.self).split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let equals = line.firstIndex(of: "=") else { return nil }
            return (String(line[..<equals]), String(line[line.index(after: equals)...]))
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
}
