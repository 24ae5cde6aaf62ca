/// One thread's connections to the server under test: opens them, sends on them, waits for them.

import Dialects
import Posix
import Results
import SystemPackage
import World

/// Why a playing stopped.
enum Stop: Error {
    case failed(Failure)
    /// A demand is not met; the interpreter knows the clause.
    case unmet(Unmet)
    /// The world cannot do this step, so the rest is not tested.
    case untested(String)
    case interrupted
    case broken(WorldFailure)
    /// The transcript is wrong.
    case fault(Place, String)

    static func unmet(
        _ expected: [String], _ received: String, _ details: [String] = [], seen: [Observation.Sight] = []
    ) -> Stop {
        .unmet(Unmet(expected: expected, received: received, details: details, observations: seen))
    }
}

/// Why a wait ended without what it waited for.
enum EndOfWait {
    case rest
    case silence(Duration)

    /// One line for a report.
    var words: String {
        switch self {
        case .rest: "every thread of the server sleeps without a time limit, and nothing is under way: nothing can come"
        case .silence(let time): "no byte either way for \(time.components.seconds) seconds"
        }
    }
}

/// What was expected, and what came instead.
struct Unmet {
    var expected: [String]
    var received: String
    var details: [String]
    /// The line that a report names; nil: the one being played.
    var place: Place?
    var observations: [Observation.Sight] = []
}

/// Belongs to one thread.
final class Wire {
    let world: World
    let network: Network
    let options: PlayOptions
    let segmentation: Segmentation
    /// How long no byte may move either way, in real time.
    let timeout: Duration
    /// Why the last wait ended without what it waited for; nil: it did not.
    var endOfWait: EndOfWait?
    /// The first of two looks that prove that nothing can come any more.
    var rest: (time: Duration, look: Quiescence.Look)?
    /// The clause that a flight is sent for; nil: none.
    var judging: () -> String? = { nil }
    /// A transcript is played; otherwise questions are asked outside of one.
    var isJudging = false
    /// The connection whose C lines are being collected.
    private var openFlight: Connection?

    /// - Parameter timeout: the transcript's own; nil: that of the options.
    init(_ world: World, _ options: PlayOptions, segmentation: Segmentation = .flight, timeout: Duration? = nil) {
        (self.world, self.options, self.segmentation) = (world, options, segmentation)
        self.timeout = (timeout ?? options.timeout) * options.slow
        let isCut = (options.speaking ?? options.tolerance)?.needsCuts ?? false
        network = Network(
            cancel: options.cancel,
            cutPatience: isCut || segmentation == .verb ? self.timeout : .milliseconds(50) * options.slow)
    }

    /// An empty `given` means the transcript's own address.
    func open(_ connection: Connection, from given: String) throws(Stop) {
        let address = given.isEmpty ? world.addresses[0] : given
        guard let source = TCPAddress(address, port: 0) else {
            throw .fault(Place(line: 0), "'\(address)' is no address")
        }
        network.add(connection)
        connection.translator = options.tolerance.map(ReplyTranslator.init)
        connection.encoder = encoder
        do {
            try connection.connect(to: world.server.address, from: source)
        } catch {
            throw .broken(.broken("no connection from \(address): \(error)"))
        }
        let opened: Void? = try wait { () throws(Stop) in connection.isConnecting ? nil : () }
        if opened == nil { throw .unmet(["a connection"], "no answer to it") }
        // A client of a server that speaks first waits for the greeting. The wait is short, because a server may serve
        // others first; it ends when the server is at rest.
        let patience = Clock.system.now() + .seconds(options.slow)
        while let translator = connection.translator, !translator.isGreeted, connection.inbox.isEmpty,
            !connection.inbox.hasEnded, Clock.system.now() < patience
        {
            if try pump(until: Clock.system.now() + .milliseconds(5)) { continue }
            if translator.isHolding { _ = releaseHeld() } else if hasRested { break }
        }
    }

    /// Adds to the flight of C lines of `connection`. A flight of another connection goes out first.
    func collect(_ pieces: [FlightPiece], on connection: Connection) throws(Stop) {
        if openFlight !== connection { try releaseFlight() }
        if connection.isUnopened { try open(connection, from: "") }
        connection.flight += pieces
        openFlight = connection
    }

    /// Ends the flight that is being collected: cuts it and sends it.
    func releaseFlight() throws(Stop) {
        guard let connection = openFlight else { return }
        openFlight = nil
        let flight = connection.flight
        connection.flight = []
        try settle()
        // What other clients sent earlier goes out first, unless it is too big to wait for.
        for other in network.all where other !== connection && other.hasOutput && other.outputLeft < 65_536 {
            try flush(other)
        }
        try speak(flight, on: connection)
        world.flightLeft()
        _ = try pump(until: Clock.system.now())
    }

    /// Waits until everything is sent, or the connection has ended.
    func flush(_ connection: Connection) throws(Stop) {
        let flushed: Void? = try wait { () throws(Stop) in connection.hasOutput ? nil : () }
        if flushed == nil {
            throw .unmet(
                ["the server reads what it is sent"], "it reads nothing: \(connection.outputLeft) bytes are left")
        }
    }

    /// Sends everything that is queued.
    func flushAll() throws(Stop) { for connection in network.all where connection.hasOutput { try flush(connection) } }

    func close(_ connection: Connection) {
        connection.close()
        network.remove(connection)
    }

    func forgetConnections() { for connection in network.all { connection.forget() } }

    // MARK: Questions outside a transcript

    /// Sends the lines, and returns everything that comes until the server is at rest.
    func ask(_ lines: [[UInt8]], on connection: Connection) throws(Stop) -> [UInt8] {
        try collect([.bytes(Array(lines.joined(separator: [10])) + [10])], on: connection)
        try releaseFlight()
        return try heard(on: connection)
    }

    func ask(_ text: String, on connection: Connection) throws(Stop) -> [UInt8] {
        try ask([Array(text.utf8)], on: connection)
    }

    /// Returns everything that comes until the server has been at rest for a while, sleeps without a time limit, or has
    /// ended the connection.
    /// - Parameter rest: how long a while; real time.
    func heard(on connection: Connection, rest: Duration = .milliseconds(150)) throws(Stop) -> [UInt8] {
        network.resetProgress()
        // Who floods fills the inbox, who drips for ever is not listened to for ever.
        let deadline = Clock.system.now() + timeout * 2
        var first: (time: Duration, look: Quiescence.Look)?
        while !connection.inbox.hasEnded, !connection.inbox.isFull, Clock.system.now() < deadline,
            Clock.system.now() - network.lastProgress < timeout
        {
            if try pump(until: Clock.system.now() + .milliseconds(5)) { continue }
            if connection.hasOutput || network.isHeldBack() { continue }
            let now = Clock.system.now()
            if let look = world.lookForRest() {
                if let first, first.look == look, now - first.time >= Wire.certainRest * options.slow { break }
                if first?.look != look { first = (now, look) }
            }
            if now - network.lastProgress >= rest * options.slow, network.unreadByServer() ?? 0 == 0,
                world.isAtRest(silentSince: network.lastProgress, slow: options.slow)
            {
                break
            }
        }
        let bytes = Array(connection.inbox.unread)
        connection.inbox.consume(bytes.count)
        return bytes
    }

    /// Between two looks that show every thread asleep without a time limit; real time.
    private static let certainRest = Duration.milliseconds(10)
}
