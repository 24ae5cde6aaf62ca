/// A server that runs for the user's own clients (`serve`); passes its log on as it grows.

package import Posix
import SystemPackage
import Transcript
package import World

package final class ServedServer {
    private let stage: Stage
    private let server: ServerProcess
    package var port: UInt16 { server.port }
    package var spool: String { stage.spool }

    package init(_ program: ServerProgram, lease: Lease) throws(WorldFailure) {
        let directory = try lease.directory(allowingAnonymousBind: false)
        var folder: String?
        if case .foreign(let foreign) = program { folder = foreign.folder }
        stage = try Stage(world: lease.world, flowing: true, furnishedLike: folder)
        do {
            server = try ServerProcess.start(
                program, on: stage, directory: directory, limits: [], clock: .real, world: lease.world)
        } catch {
            stage.end()
            throw error
        }
    }

    /// Returns how the server ended, or nil once `cancel` becomes readable.
    package func wait(cancel: Int32, line: ([UInt8]) -> Void) throws(WorldFailure) -> Ending? {
        var (offset, rest) = (0, [UInt8]())
        do {
            let log = try openNamedFile(stage.log)
            while true {
                let size = try status(of: log.number).size
                if size < offset { offset = 0 }
                let more = try readWhole(log.number, count: min(size - offset, 1 << 16), fromOffset: offset)
                offset += more.count
                rest += more
                while let end = rest.firstIndex(of: 10) {
                    line(Array(rest[..<end]))
                    rest.removeFirst(end + 1)
                }
                if rest.count > 1 << 16 { rest = [] }
                if more.isEmpty, let ending = server.ended() { return ending }
                let next = Clock.system.now() + .milliseconds(more.isEmpty ? 100 : 0)
                if try Clock.system.wait(for: .readable, on: cancel, until: next) { return nil }
            }
        } catch {
            throw .broken("the server's log cannot be followed: \(error)")
        }
    }

    package func end() {
        _ = server.stop(patience: .seconds(3)) { pauseBriefly(microseconds: 5000) }
        stage.end()
    }
}
