/// A session's question to the gatekeeper, over the local socket in the spool.

import MailCore
import Posix
import SystemPackage

struct GatekeeperLine {
    static let socketName = ".gatekeeper"

    /// Of the gatekeeper's socket.
    let path: String
    let clock: Clock
    /// The gatekeeper answers within the directory's time limit; a second later it is taken for dead.
    let timeout: Duration

    /// Never throws and never waits longer than the time limit: without an answer nobody is let in (LOGIN-9).
    /// A gatekeeper that has just died leaves its listening socket behind, so the question waits there for
    /// the next one.
    func verdict(on attempt: LoginAttempt) -> Verdict {
        do {
            let line = try Sockets.connectLocally(path)
            var message = attempt.encoded()
            defer { wipe(&message) }  // LOGIN-13
            guard try Sockets.send(line.number, message.span) == message.count else { return .unavailable }
            let deadline = clock.now() + timeout + .seconds(1)
            guard try clock.wait(for: .readable, on: line.number, until: deadline) else { return .unavailable }
            var answer = [UInt8](repeating: 0, count: 1)
            guard try read(line.number, into: &answer, at: 0..<1) == 1 else { return .unavailable }
            return Verdict(rawValue: answer[0]) ?? .unavailable
        } catch {
            return .unavailable
        }
    }
}
