/// One LOGIN that waits for its verdict: the session's connection, and the password until a worker has it.

import MailCore
import Posix

/// A session that has connected.
final class Visitor {
    let socket: OwnedDescriptor
    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }
}

final class LoginRequest {
    /// nil once the session has left.
    private(set) var visitor: Visitor?
    let client: ClientAddress
    let user: Username?
    let asksDirectory: Bool
    /// When it must have been answered, whatever happens.
    let deadline: Duration
    private var message: [UInt8]

    /// nil when `message` is no attempt, which no session of ours sends.
    /// - Parameter timeout: from the attempt's arrival at its session.
    init?(_ message: [UInt8], from visitor: Visitor, timeout: Duration) {
        guard var attempt = LoginAttempt(decoding: message) else { return nil }
        var password = attempt.takePassword()
        defer { wipe(&password) }
        self.visitor = visitor
        self.message = message
        deadline = attempt.arrived + timeout
        client = attempt.address
        user = attempt.user
        asksDirectory = attempt.user != nil && !password.isEmpty
    }

    deinit { wipe(&message) }

    /// Sends the attempt to a worker; false when that has gone. The bytes here are overwritten once it has them.
    func passOn(to worker: Int32) -> Bool {
        guard (try? Sockets.send(worker, message.span)) != nil else { return false }
        wipe(&message)
        return true
    }

    /// The session has left: nobody hears the answer.
    func hangUp() { visitor = nil }

    func answer(_ verdict: Verdict) {
        guard let visitor else { return }
        _ = try? Sockets.send(visitor.socket.number, [verdict.rawValue].span)
    }
}
