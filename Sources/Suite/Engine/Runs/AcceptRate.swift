/// Measures how fast a server accepts clients, and derives the time limits from it.

import Posix
import Transcript
package import World

package struct AcceptRate {
    /// From the first connect until the last client had an answer to a wrong command.
    package let duration: Duration
    package let clients: Int
    package let answered: Int

    /// The transcripts bring fifty clients at once, and a time-out is 5 s of silence.
    package var slow: Int {
        max(1, Int((ofFifty / .seconds(5)).rounded(.up)))
    }

    /// How long the last of fifty clients waits until it is served; zero for most servers.
    package var queueing: Duration {
        answered < clients || perClient < .milliseconds(50) ? .zero : ofFifty
    }

    private var ofFifty: Duration { perClient * 50 }
    private var perClient: Duration { duration / (clients - 1) }

    /// Opens `clients` connections at once, each from its own address, and sends a LOGIN with a wrong password on each.
    package static func measure(
        _ options: PlayOptions, clients: Int, with lease: Lease
    ) throws(Problem) -> AcceptRate {
        let world: World
        do { world = try options.trial(lease) } catch { throw .world(error) }
        defer { world.end(keeping: false) }
        let wire = Wire(world, options)
        let began = Clock.system.now()
        do {
            let connections = try (0..<clients).map { number throws(Stop) in
                let connection = Connection(label: "\(number)")
                let address = World.address(30_000 + number)
                try wire.open(connection, from: address)
                return connection
            }
            for connection in connections {
                try wire.collect([.bytes(Array("LOGIN\nnobody\nwrong\n".utf8))], on: connection)
                try wire.releaseFlight()
            }
            let _: Void? = try wire.wait { () throws(Stop) in
                connections.allSatisfy { !$0.inbox.isEmpty || $0.inbox.hasEnded } ? () : nil
            }
            let answered = connections.count { !$0.inbox.isEmpty || $0.inbox.hasEnded }
            return AcceptRate(duration: Clock.system.now() - began, clients: clients, answered: answered)
        } catch {
            switch error {
            case .interrupted: throw .interrupted
            case .broken(let failure): throw .world(failure)
            case .failed, .unmet, .untested, .fault:
                return AcceptRate(duration: Clock.system.now() - began, clients: clients, answered: 0)
            }
        }
    }
}
