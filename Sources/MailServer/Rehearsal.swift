/// A session that the supervisor plays to itself before it forks the first one.

import EventLog
import Logging
import MailCore
import Posix
import Spool
import SystemPackage

enum Rehearsal {
    private static let script = "LOGIN\nrehearsal\nrehearsal\nREAD\n1\nLIST\nQUIT\n"

    /// Swift resolves generic types at their first use, and a child that does so after the fork does it for itself
    /// alone: that was a tenth of a short session's time. What has been resolved before the fork all sessions have.
    /// Nothing is stored and nothing logged; the user named here has, if it exists, its mailbox looked at.
    static func play(_ setting: Supervisor.Setting, spool: Spool) throws(Errno) {
        try Spool.rehearse()
        let pair = try Sockets.pair(keepingMessages: false)
        try writeAll(pair.first.number, Array(script.utf8).span)
        Sockets.finishWriting(pair.first.number)
        let log = EventLog.logger(level: .trace, format: .text, clock: setting.clock) { _ in }
        try pair.second.setNonblocking(true)
        Session.serve(
            try pair.second.duplicate(), from: ClientAddress([UInt8](repeating: 0, count: 16))!,
            in: SessionWorld(
                clock: setting.clock, limits: setting.limits, log: log, spool: spool, stop: -1,
                verdict: { _ in .accepted }, loggedIn: { _ in }))
    }
}
