/// One client's connection from accept to close: a switch over what the machine asks for.

import Logging
package import MailCore
package import Posix
import SystemPackage

package struct Session: ~Copyable {
    let world: SessionWorld
    private let address: ClientAddress
    private let slot: Int
    let connection: Connection
    var log: SessionLog
    var framer = LineFramer()
    var machine = ServerMachine()
    var numbering = Numbering()
    private let began: Duration
    /// The password line of the LOGIN under way.
    private var secret: [UInt8]?
    /// When the command under way began, or the last one ended.
    private var frameBegan: Duration

    /// Serves the client of a non-blocking socket until either side has had enough.
    package static func serve(
        _ socket: consuming OwnedDescriptor, from address: ClientAddress, slot: Int = 0, in world: SessionWorld
    ) {
        let session = Session(socket, address, slot, world)
        session.run()
    }

    private init(_ socket: consuming OwnedDescriptor, _ address: ClientAddress, _ slot: Int, _ world: SessionWorld) {
        self.world = world
        self.address = address
        self.slot = slot
        connection = Connection(socket, stop: world.stop, clock: world.clock)
        log = SessionLog(world, of: address)
        began = world.clock.now()
        frameBegan = began
    }

    private consuming func run() {
        log.debug("session-start")
        var reason = "quit"
        do {
            try converse()
        } catch {
            switch error {
            case .timeout, .notRead:
                reason = "timeout"
                log.notice("timeout", metadata: ["phase": "\(error == .notRead ? "reply" : phase)"])
            case .serverStops: reason = "server-stops"
            case .broken(let errno): reason = "\(errno)"
            }
        }
        log.debug("session-end", metadata: ["reason": "\(reason)"])
        connection.close()
    }

    /// What the client was waited for.
    private var phase: String { machine.user == nil ? "login" : machine.isBetweenFrames ? "idle" : "command" }

    /// Returns when the connection is to be closed in good order.
    private mutating func converse() throws(Connection.End) {
        var action = ServerMachine.Action.readLine
        while true {
            switch action {
            case .readLine:
                let isPassword = machine.awaitsPassword
                guard let line = try nextLine() else { return }
                action = machine.received(line)
                // One that was too long to be kept stands in the buffer all the same.
                if isPassword { secret = line.bytes ?? [] }
            case .reply(let reply):
                forgetPassword()
                try connection.send(Array(reply.rawValue.utf8).span, timeout: world.limits.writeTimeout)
                action = replied()
            case .authenticate(let user, let password):
                action = decide(user, password)
            case .receiveBody(let envelope):
                guard let stored = try receiveBody(envelope) else { return }
                action = machine.received(bodyStored: stored)
            case .list(let user):
                action = try list(user)
            case .read(let number, let user):
                action = try read(number, of: user)
            case .delete(let number, let user):
                action = delete(number, of: user)
            case .close:
                return
            }
        }
    }

    mutating func replied() -> ServerMachine.Action {
        frameBegan = world.clock.now()
        return machine.replied()
    }

    /// nil: the input has ended, or 65,536 bytes held no line (FRAME-13, FRAME-5).
    private mutating func nextLine() throws(Connection.End) -> LineFramer.Line? {
        while true {
            switch framer.nextLine() {
            case .line(let line):
                try checkLoginTime()
                if machine.isBetweenFrames { frameBegan = world.clock.now() }
                return line
            case .overflow:
                log.notice("line-overflow")
                return nil
            case .needsInput:
                let idle = machine.isBetweenFrames && framer.isEmpty
                let limit = frameBegan + (idle ? world.limits.idleTimeout : world.limits.frameTimeout)
                if try fill(until: limit, heedingStop: idle) == 0 { return nil }
                if idle { frameBegan = world.clock.now() }
            }
        }
    }

    private var loginDeadline: Duration? { machine.user == nil ? began + world.limits.loginTimeout : nil }

    /// Before the login no client stays longer than the login time-out, though what it has said already is never waited for.
    private func checkLoginTime() throws(Connection.End) {
        if let deadline = loginDeadline, world.clock.now() >= deadline { throw .timeout }
    }

    mutating func fill(until limit: Duration, heedingStop: Bool) throws(Connection.End) -> Int {
        try checkLoginTime()
        let deadline = min(limit, loginDeadline ?? limit)
        return try framer.fill { (buffer, free) throws(Connection.End) in
            try connection.receive(into: &buffer, at: free, until: deadline, heedingStop: heedingStop)
        }
    }

    /// LOGIN-13: every LOGIN ends in a reply, and by then nobody needs its password any more.
    private mutating func forgetPassword() {
        guard let secret else { return }
        wipeShared(secret)
        framer.wipeConsumed()
        self.secret = nil
    }

    private mutating func decide(_ user: Username?, _ password: Password?) -> ServerMachine.Action {
        let verdict = world.verdict(
            LoginAttempt(address: address, arrived: world.clock.now(), user: user, password: password))
        let action = machine.decided(verdict)
        if let user = machine.user {
            log.user = user
            world.loggedIn(slot)
        }
        return action
    }
}
