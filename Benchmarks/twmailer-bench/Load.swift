/// Many clients at once in one process: a loop around poll(2).

import Posix
import SystemPackage

struct Load {
    let server: TCPAddress
    let workload: Workload

    struct Result {
        let operations: Int
        let seconds: Double
        let times: Client.Times
    }

    /// Every client takes turns until the time is over or it has taken `turns`; a turn once begun is finished.
    /// Connections that stay are opened before the clock starts.
    func run(for duration: Duration = .seconds(600), turns: Int = .max) throws -> Result {
        let clients = (0..<workload.clients).map { index in
            Client(
                server, from: Load.source(index), opening: workload.opening?[index], turns: workload.turns[index])
        }
        if workload.opening != nil { try drive(clients) { _, _ in false } }
        let start = Clock.system.now()
        try drive(clients) { $0.times.turns.count < turns && $1 - start < duration }
        let elapsed = Clock.system.now() - start
        var times = Client.Times()
        for client in clients {
            times.turns += client.times.turns
            times.exchanges += client.times.exchanges
        }
        return Result(operations: times.turns.count, seconds: seconds(elapsed), times: times)
    }

    /// Starts all clients, and each again whose turn is over while `again` says so.
    private func drive(_ clients: [Client], again: (Client, Duration) -> Bool) throws {
        var needs: [Client.Need?] = []
        for client in clients {
            try client.start(at: Clock.system.now())
            needs.append(.writable)
        }
        var entries = clients.map { PollEntry($0.descriptor, .writable) }
        var busy = clients.count
        while busy > 0 {
            let deadline = Clock.system.now() + .seconds(60)
            if try Clock.system.poll(&entries, until: deadline) == 0, Clock.system.now() >= deadline {
                throw Client.Wrong(description: "no client has heard anything for a minute")
            }
            for (index, client) in clients.enumerated() where !entries[index].ready.isEmpty {
                needs[index] = try client.proceed()
                while needs[index] == nil {
                    let now = Clock.system.now()
                    guard again(client, now) else {
                        busy -= 1
                        break
                    }
                    try client.start(at: now)
                    needs[index] = try client.proceed()
                }
                // A client that is through is passed over.
                let wanted: PollEntry.Events = needs[index] == .writable ? .writable : .readable
                entries[index] = PollEntry(needs[index] == nil ? -1 : client.descriptor, wanted)
            }
        }
    }

    /// Each client has an address of its own, as it would have in a network: 127.1.x.y.
    static func source(_ index: Int) -> TCPAddress {
        TCPAddress("127.1.\(index / 250).\(1 + index % 250)", port: 0)!
    }
}
