/// What sessions, and everything else that the supervisor starts, can no longer do once it runs (docs/SECURITY.md).

import Logging
import Posix
import Spool
import SystemPackage

/// Whoever takes over a process by what it reads has little of the machine with it. Where the kernel has no means for
/// it (Linux before 5.19), the server runs without and says so once.
struct Bounds: ~Copyable {
    /// Descriptors of a session: standard ones, client, spool, what one command opens.
    private static let openFiles: UInt64 = 64

    private var everybody: Confinement
    private var session: Confinement

    static func draw(around spool: Spool, changes: [String], log: Logger) throws(Errno) -> Bounds {
        if !Confinement.isPossible { log.notice("not-confined", metadata: ["reason": "no Landlock in this kernel"]) }
        return Bounds(
            everybody: try Confinement.changing(only: changes), session: try Confinement.staying(in: spool.folder))
    }

    /// For the supervisor, and so for its sessions, its later gatekeepers and their workers.
    func enter() throws(Errno) { try everybody.enter() }

    /// A session that could not be confined is none.
    mutating func enterAsSession() {
        do { try session.enter() } catch { exitNow(71) }
        session.forget()
        everybody.forget()
        ResourceLimit.openFiles.lower(to: Bounds.openFiles)
        ResourceLimit.processes.lower(to: 0)
    }
}
