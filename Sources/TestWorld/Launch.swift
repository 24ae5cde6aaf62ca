/// How each kind of server is told its port, and how it is known to listen.

import Posix
import SystemPackage

struct Launch {
    let spawn: Spawn
    private let readiness: Readiness
    private enum Readiness { case portFile(String), listener(UInt16) }

    init(
        _ program: ServerProgram, _ stage: Stage, _ directory: LDAPDirectory, _ limits: [String], _ world: WorldGuard
    ) throws {
        switch program {
        case .reference(let path):
            guard isRunnable(path) else { throw WorldFailure.missing("\(path) is not there; build it: swift build") }
            let options = [
                "--port-file", stage.portFile, "--ldap-url", directory.url, "--ldap-starttls", "require",
                "--ldap-ca-file", directory.caFile, "--clock-page", stage.clock.path, "--log-level", "debug",
            ]
            spawn = Spawn(path, ["0", stage.spool] + options + limits.map { "--\($0)" })
            readiness = .portFile(stage.portFile)
        case .foreign(let command):
            let port = try Launch.freePort()
            let filled = command.replacing("{port}", with: "\(port)").replacing("{spool}", with: stage.spool)
                .replacing("{ldap-url}", with: directory.url).replacing("{ldap-ca}", with: directory.caFile)
            var shell = Spawn("/bin/sh", ["-c", filled])
            shell.workingFolder = stage.workingFolder
            shell.environment = try world.interposer.environment(clock: stage.clock, directory: directory, world: world)
            spawn = shell
            readiness = .listener(port)
        }
    }

    /// Free on every address, and below the ports that the system hands out by itself: a client's end that got
    /// it meanwhile would keep the server from it.
    private static func freePort() throws(Errno) -> UInt16 {
        var error = Errno.addressInUse
        for _ in 0..<50 {
            let port = UInt16.random(in: 20_000..<32_000)
            do throws(Errno) {
                _ = try Sockets.listen(TCPAddress("0.0.0.0", port: port)!)
                return port
            } catch let taken {
                error = taken
            }
        }
        throw error
    }

    /// The port once the server listens; nil when it ended or took too long.
    func awaitPort(_ watch: borrowing FolderWatch, ended: () throws(Errno) -> Bool) throws(Errno) -> UInt16? {
        let deadline = Clock.system.now() + ServerProcess.patience
        while Clock.system.now() < deadline {
            switch readiness {
            case .portFile(let path):
                let text = (try? readFile(path)).map { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
                if let port = text.flatMap({ UInt16($0) }) { return port }
                _ = try watch.changed(until: min(deadline, Clock.system.now() + .milliseconds(20)))
            case .listener(let port):
                if Launch.isListening(port) { return port }
                pauseBriefly(microseconds: 1000)
            }
            if try ended() { return nil }
        }
        return nil
    }

    /// Looked up in /proc/net/tcp, because a connection made to try would be a client of the server's.
    static func isListening(_ port: UInt16) -> Bool {
        ["/proc/net/tcp", "/proc/net/tcp6"].contains { path in
            let lines = ((try? readFile(path, limit: 1 << 22)) ?? []).split(separator: UInt8(ascii: "\n"))
            return lines.contains { line in
                let fields = line.split(separator: UInt8(ascii: " "))
                guard fields.count > 3, fields[3].elementsEqual("0A".utf8) else { return false }
                let number = String(decoding: fields[1].suffix(4), as: UTF8.self)
                return UInt16(number, radix: 16) == port
            }
        }
    }
}
