/// A server started for a few questions, and what it answers to them, raw.

import Dialects
import Posix
import Results
import World

/// Belongs to one thread.
final class Interview {
    private let world: World
    private let wire: Wire
    private let options: PlayOptions
    /// How it is spoken to.
    private(set) var dialect: Dialect
    /// Real time at rest after which no answer is taken to come; nil: as long as a transcript waits.
    private let patience: Duration?
    private var connections = 0
    /// What was heard at connect.
    private(set) var greetings: [[UInt8]] = []
    /// The longest that an answer took to begin.
    private(set) var slowest = Duration.zero

    /// - Parameter turn: of the probe; each has addresses of its own.
    init(
        _ options: PlayOptions, as dialect: Dialect, turn: Int, patience: Duration?, lease: Lease
    ) throws(WorldFailure) {
        (self.dialect, self.patience, self.options) = (dialect, patience, options)
        world = try options.trial(lease, turn: turn)
        var speaking = options
        speaking.speaking = dialect
        wire = Wire(world, speaking)
    }

    func end() { world.end(keeping: false) }

    /// How the server ended, if it did so by itself.
    var ending: String? { world.server.isOurs ? world.crash : nil }
    /// The same of a server that has just closed a connection: its end may come a little later.
    func endingOnceAtRest() -> String? {
        let deadline = Clock.system.now() + .milliseconds(500)
        while ending == nil, !world.isAsleep, Clock.system.now() < deadline { pauseBriefly(microseconds: 500) }
        return ending
    }
    /// Password checks that its directory has seen; nil: nobody tells.
    var binds: Int? { world.directory.flatMap { try? $0.binds() } }

    /// From the transcript's own address, another or a third; what it says at connect is heard out.
    func connect(_ place: Int) throws(Stop) -> Connection {
        connections += 1
        let connection = Connection(label: String(connections))
        try wire.open(connection, from: world.addresses[place])
        // One that greets is waited for.
        let isFirst = greetings.isEmpty || greetings.contains { !$0.isEmpty }
        if isFirst { try awaitByte(on: connection, patience: Interview.greetingPatience) }
        greetings.append(try heard(on: connection))
        return connection
    }

    func close(_ connection: Connection) {
        connection.close()
        wire.network.remove(connection)
    }

    /// From now on it is spoken to otherwise.
    func speak(_ dialect: Dialect, on connection: Connection) {
        self.dialect = dialect
        let mailbox = connection.encoder?.mailbox ?? []
        connection.encoder = FlightEncoder(dialect)
        connection.encoder?.mailbox = mailbox
    }

    /// What comes until the server rests; empty: nothing.
    func ask(_ lines: [[UInt8]], on connection: Connection) throws(Stop) -> [UInt8] {
        if connection.inbox.hasEnded { return [] }
        try wire.collect([.bytes(Array(lines.joined(separator: [10])) + [10])], on: connection)
        try wire.releaseFlight()
        let began = Clock.system.now()
        try awaitByte(on: connection, patience: patience)
        slowest = max(slowest, Clock.system.now() - began)
        return try heard(on: connection)
    }

    func login(_ user: String, on connection: Connection) throws(Stop) -> [UInt8] {
        try ask([Array("LOGIN".utf8), Array(user.utf8), world.passwords[user] ?? []], on: connection)
    }

    func emptyMailbox(of user: String) throws(Stop) { try wire.emptyMailbox(of: user) }

    private static let greetingPatience = Duration.milliseconds(300)
    /// How long the server must rest for a reply to be whole, and how much of one is kept.
    private static let (rest, most) = (Duration.milliseconds(50), 65_536)

    private func heard(on connection: Connection) throws(Stop) -> [UInt8] {
        let all = try wire.heard(on: connection, rest: Interview.rest)
        // Who floods is not listened to again.
        if all.count > Interview.most { close(connection) }
        return Array(all.prefix(Interview.most))
    }

    /// Until a byte is there, the connection has ended, nothing can come, or the server has rested so long.
    private func awaitByte(on connection: Connection, patience: Duration?) throws(Stop) {
        let _: Void? = try wire.wait { () throws(Stop) in
            if !connection.inbox.isEmpty || connection.inbox.hasEnded { return () }
            guard let patience, Clock.system.now() - wire.network.lastProgress >= patience * options.slow else { return nil }
            return wire.hasRested ? () : nil
        }
    }
}
