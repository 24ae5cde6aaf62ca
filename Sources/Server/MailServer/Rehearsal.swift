/// A session that the supervisor plays to itself before it forks the first one.

import EventLog
import Logging
import MailCore
import Posix
import Spool
import SystemPackage

enum Rehearsal {
    /// Somebody else each time: nobody can send mail to this user, which would be read here into a socket that nobody
    /// empties, and hold the start up for as long as a client may take to read.
    private static func script() -> String {
        "LOGIN\n\(String(randomNumber(), radix: 16))\nrehearsal\nREAD\n1\nLIST\nQUIT\n"
    }

    /// Swift resolves generic types at their first use, and a child that does so after the fork does it for itself
    /// alone: that was a tenth of a short session's time. What has been resolved before the fork all sessions have.
    /// Nothing is stored and nothing logged.
    static func play(_ setting: Supervisor.Setting, spool: Spool) throws(Errno) {
        try Spool.rehearse()
        let pair = try Sockets.pair(keepingMessages: false)
        try writeAll(pair.first.number, Array(script().utf8).span)
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
