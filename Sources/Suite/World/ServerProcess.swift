/// The server under test: starts it in its own process group, stops or kills it, and observes its end.

import Glibc
package import Posix
import SystemPackage

package final class ServerProcess {
    package let address: TCPAddress
    package var port: UInt16 { address.port }
    /// Has no meaning for an attached server.
    package let leader: ProcessID
    private let world: WorldGuard
    package let isOurs: Bool
    private var ending: Ending?
    private var isSandboxed = false
    private var warden: LogWarden?
    private var reservation: PortReservation?
    /// An environment entry that everything the server starts inherits.
    private let mark: (name: String, value: String)
    /// A foreign server that runs with the interposer, so that the suite can lead it to the directory and move its
    /// clock.
    package private(set) var isInterposed = false

    /// Real time a server may take until it listens.
    static let patience = Duration.seconds(10)

    package static func start(
        _ program: ServerProgram, on stage: Stage, directory: LDAPDirectory, limits: [String],
        clock: ClockMode? = nil, world: WorldGuard
    ) throws(WorldFailure) -> ServerProcess {
        do {
            let launch = try Launch(
                program, stage, directory, limits, clock ?? (program.isReference ? .page : .preload), world)
            let folder = try Posix.Directory.open(path: stage.folder + "/log")
            if fingerprint(stage.log) == nil { _ = try folder.create("server", .append, exclusive: true) }
            let log = try folder.open("server", .append)
            var spawn = launch.spawn
            spawn.environment = spawn.environment ?? processEnvironment()
            let mark = (name: "TWMAILER_STAGE", value: stage.folder)
            for mark in [mark, world.mark] { spawn.environment?[mark.name] = mark.value }
            spawn.descriptors = [1: log.number, 2: log.number]
            spawn.ownGroup = true
            try? removeTree(stage.portFile)
            let watch = try FolderWatch.start(stage.folder + "/log")
            let leader = try spawn.start()
            world.watch(group: leader)
            var ending: Ending?
            let port = try launch.awaitPort(watch, of: leader) { () throws(Errno) in
                ending = try leader.ended()
                return ending != nil
            }
            if let port {
                let server = ServerProcess(leader, port, mark, world)
                server.reservation = launch.reservation
                if case .foreign(let foreign) = program {
                    server.isSandboxed = foreign.isSandboxed
                    server.isInterposed = world.interposer.isLoaded(in: server.tree)
                    server.warden = try LogWarden(log)
                }
                return server
            }
            let failed = ServerProcess(leader, 0, mark, world, ending)
            let elsewhere = Listeners.ports(of: failed.tree)
            failed.kill()
            let text = explain(ending, elsewhere, stage)
            throw ending == nil && elsewhere.isEmpty
                ? WorldFailure.serverIsSilent(text) : WorldFailure.serverDidNotStart(text)
        } catch let failure as WorldFailure {
            throw failure
        } catch {
            throw .serverDidNotStart("\(program.name) cannot be started: \(error)")
        }
    }

    private init(
        _ leader: ProcessID, _ port: UInt16, _ mark: (String, String), _ world: WorldGuard, _ ending: Ending? = nil
    ) {
        address = TCPAddress("127.0.0.1", port: port)!
        (self.leader, self.mark, self.world, self.ending, isOurs) = (leader, mark, world, ending, true)
    }

    /// A server that ran before and will run afterwards; nothing of its processes is seen.
    package init(attachedTo address: TCPAddress, world: WorldGuard) {
        (self.address, self.world, isOurs) = (address, world, false)
        (leader, mark) = (ProcessID.current, ("", ""))
    }

    private static func explain(_ ending: Ending?, _ elsewhere: [UInt16], _ stage: Stage) -> String {
        let how =
            if let ending {
                "the server ended at its start (\(ending))"
            } else if elsewhere.isEmpty {
                "the server does not listen after \(patience)"
            } else {
                "the server listens on port \(elsewhere.map(String.init).joined(separator: ", ")), not on the one it was given"
            }
        return ([how] + stage.lastLogLines(5)).joined(separator: "\n  ")
    }

    /// How the server ended, by itself or on request; nil: it runs.
    package func ended() -> Ending? {
        if isOurs && ending == nil { ending = try? leader.ended() }
        return ending
    }

    package var tree: ProcessTree { isOurs ? .of(group: leader) : ProcessTree(members: []) }

    /// Kills the server (kill -9) with everything it started, and waits for their end.
    package func kill() {
        guard isOurs else { return }
        let others = tree.alive + ProcessTree.carrying("\(mark.name)=\(mark.value)")
        _ = try? leader.sendToGroup(signal: SIGKILL)
        for process in others where process != leader { _ = try? process.send(signal: SIGKILL) }
        if ending == nil { ending = try? leader.wait() }
        // A killed process keeps its locks and its port until it is gone.
        while others.contains(where: { isAlive($0) }) { pauseBriefly(microseconds: 200) }
        world.forget(group: leader)
        warden?.end()
    }

    /// Who receives SIGTERM: bwrap would end at once and not pass it to the server inside.
    private var addressees: [ProcessID] {
        guard isSandboxed else { return [leader] }
        return tree.members.filter { $0.parent == leader.number }.map(\.pid)
    }

    private func isAlive(_ process: ProcessID) -> Bool {
        guard let member = (try? readFile("/proc/\(process)/stat")).flatMap(ProcessTree.parse) else { return false }
        return member.state != UInt8(ascii: "Z") && member.state != UInt8(ascii: "X")
    }

    /// Sends SIGTERM; after `patience` of real time a second SIGTERM, then SIGKILL. Returns how the server ended and
    /// whether SIGTERM sufficed. Calls `meanwhile` again and again while the server stops; `meanwhile` should wait a
    /// little.
    package func stop(patience: Duration, meanwhile: () -> Void) -> (ending: Ending?, orderly: Bool) {
        precondition(isOurs, "an attached server is not stopped")
        if let ended = ended() { return (ended, false) }
        for attempt in 1...2 {
            for process in addressees { _ = try? process.send(signal: SIGTERM) }
            let deadline = Clock.system.now() + patience
            while Clock.system.now() < deadline {
                if let ended = ended() {
                    kill()
                    return (ended, attempt == 1)
                }
                meanwhile()
            }
        }
        kill()
        return (ending, false)
    }
}
