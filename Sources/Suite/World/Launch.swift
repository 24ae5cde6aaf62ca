/// How each kind of server is told its port, and how the suite knows that it listens.

import Posix
import Synchronization
import SystemPackage

struct Launch {
    let spawn: Spawn
    /// Of a server that is told its port; it ends with the server.
    private(set) var reservation: PortReservation?
    private let readiness: Readiness
    /// nil: the server was not told a port, so any port it listens on is the one.
    private enum Readiness { case portFile(String), listener(UInt16?) }

    init(
        _ program: ServerProgram, _ stage: Stage, _ directory: LDAPDirectory, _ limits: [String],
        _ clock: ClockMode, _ world: WorldGuard
    ) throws {
        switch program {
        case .reference(let path):
            guard isRunnable(path) else { throw WorldFailure.missing("\(path) is not there; build it: swift build") }
            var options = [
                "--port-file", stage.portFile, "--ldap-url", directory.url, "--ldap-starttls", "require",
                "--ldap-ca-file", directory.caFile, "--log-level", "debug",
            ]
            if clock == .page { options += ["--clock-page", stage.clock.path] }
            spawn = Spawn(path, ["0", stage.spool] + options + limits.map { "--\($0)" })
            readiness = .portFile(stage.portFile)
        case .attached: preconditionFailure("a server that runs already is not started")
        case .foreign(let foreign):
            let reservation = try Launch.freePort()
            let port = reservation.port
            self.reservation = reservation
            let filled = foreign.command.replacing("{port}", with: "\(port)").replacing("{spool}", with: stage.spool)
                .replacing("{ldap-url}", with: directory.url).replacing("{ldap-ca}", with: directory.caFile)
                .replacing("{clock-page}", with: stage.clock.path)
            var shell = Spawn("/bin/sh", ["-c", filled])
            if foreign.isSandboxed {
                let readable = [try world.interposer.compiled(in: world), directory.caFile]
                shell = Sandbox.around(shell, stage, readable: readable)
            }
            shell.workingFolder = stage.workingFolder + "/" + foreign.workingFolder
            shell.environment = try world.interposer.environment(
                clock: clock == .preload ? stage.clock : nil, directory: directory, crashes: stage.crashes,
                world: world)
            spawn = shell
            readiness = .listener(foreign.command.contains("{port}") ? port : nil)
        }
    }

    /// Ports in turn, from a random place in this range. Ports drawn at random collided: another thread drew the same
    /// one between our check and the server's bind(2). start-slapd.sh takes ports above this range, and the system's
    /// ephemeral ports are higher still.
    private static let ports = UInt16(10_000)..<20_000
    private static let turns = Atomic(Int.random(in: 0..<ports.count))

    /// A port that is free on every address, even for a server that does not set SO_REUSEADDR.
    static func freePort() throws(Errno) -> PortReservation {
        var error = Errno.addressInUse
        for _ in 0..<50 {
            let turn = turns.wrappingAdd(1, ordering: .relaxed).oldValue
            let port = ports.lowerBound + UInt16(turn % ports.count)
            guard let reservation = try PortReservation(port) else { continue }
            do throws(Errno) {
                _ = try Sockets.listen(TCPAddress("0.0.0.0", port: port)!, afresh: true)
                return reservation
            } catch let taken {
                error = taken
            }
        }
        throw error
    }

    /// The port once the server listens; nil when the server ended or took too long.
    func awaitPort(
        _ watch: borrowing FolderWatch, of leader: ProcessID, ended: () throws(Errno) -> Bool
    ) throws(Errno) -> UInt16? {
        let began = Clock.system.now()
        let deadline = began + ServerProcess.patience
        while Clock.system.now() < deadline {
            switch readiness {
            case .portFile(let path):
                let text = (try? readFile(path)).map { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
                if let port = text.flatMap({ UInt16($0) }) { return port }
                _ = try watch.changed(until: min(deadline, Clock.system.now() + .milliseconds(20)))
            case .listener(let port?):
                pauseBriefly(microseconds: 1000)
                let isLate = Clock.system.now() - began > .seconds(1)
                guard isLate || Listeners.all().contains(where: { $0.port == port }) else { break }
                // Another program may have taken the port meanwhile.
                let ports = Listeners.ports(of: .of(group: leader))
                if ports.contains(port) { return port }
                guard isLate else { break }
                // The server listens on another port, so it will not listen on this one.
                if !ports.isEmpty { return nil }
            case .listener(nil):
                if let port = Listeners.ports(of: .of(group: leader)).first { return port }
                pauseBriefly(microseconds: 5000)
            }
            if try ended() { return nil }
        }
        return nil
    }
}
