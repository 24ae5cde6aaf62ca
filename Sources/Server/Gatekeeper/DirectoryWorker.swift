/// A worker process: asks the directory about one attempt at a time, over a connection that stays open.

package import LDAPBind
package import Logging
import MailCore
package import Posix

package struct DirectoryWorker: ~Copyable {
    /// A connection that was not used for so long may have been forgotten by a firewall on the way, without a word.
    private static let stale = Duration.seconds(60)

    private let settings: DirectorySettings
    private let clock: Clock
    private let log: Logger
    private var connection: DirectoryConnection?
    private var lastUse = Duration.zero

    package init(_ settings: DirectorySettings, clock: Clock, log: Logger) {
        self.settings = settings
        self.clock = clock
        self.log = log
    }

    /// Answers one `Verdict` byte for each attempt on `jobs`, a blocking socket that keeps messages apart; returns
    /// when the gatekeeper has closed it.
    package mutating func run(jobs: Int32) {
        var buffer = [UInt8](repeating: 0, count: LoginAttempt.maximumMessage)
        while let count = try? read(jobs, into: &buffer, at: 0..<buffer.count), count > 0 {
            var message = Array(buffer[..<count])
            wipe(&buffer)
            defer { wipe(&message) }
            guard var attempt = LoginAttempt(decoding: message), let user = attempt.user else { return }
            var password = attempt.takePassword()
            let verdict = ask(settings.userName.filled(with: user.bytes), &password)
            wipe(&password)
            wipeStack()
            guard (try? Sockets.send(jobs, [verdict.rawValue].span)) != nil else { return }
        }
    }

    private mutating func ask(_ name: [UInt8], _ password: inout [UInt8]) -> Verdict {
        if clock.now() - lastUse > DirectoryWorker.stale { connection = nil }
        defer { lastUse = clock.now() }
        if let open = connection.take() {
            switch open.bind(name, password: password) {
            case .verdict(let accepted, let connection): return keep(connection, accepted)
            case .refusal(let failure): return refused(failure)
            case .broken(let failure):
                // An idle connection ends when the directory restarts: asked once more, on a fresh one.
                if !failure.hasNoAnswer { return unavailable(failure) }
            }
        }
        do {
            switch try DirectoryConnection.open(settings).bind(name, password: password) {
            case .verdict(let accepted, let connection): return keep(connection, accepted)
            case .refusal(let failure): return refused(failure)
            case .broken(let failure): return unavailable(failure)
            }
        } catch {
            return unavailable(error)
        }
    }

    private mutating func keep(_ open: consuming DirectoryConnection, _ accepted: Bool) -> Verdict {
        connection = consume open
        return accepted ? .accepted : .refused
    }

    private func refused(_ failure: DirectoryFailure) -> Verdict {
        log.notice("ldap-refusal", metadata: ["code": "\(failure.code)", "reason": "\(failure.text)"])
        return .refused
    }

    private func unavailable(_ failure: DirectoryFailure) -> Verdict {
        log.error(
            "ldap-error",
            metadata: ["stage": "\(failure.stage.rawValue)", "code": "\(failure.code)", "reason": "\(failure.text)"])
        return .unavailable
    }
}
