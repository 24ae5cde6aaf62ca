/// Ends and absences: <eof>, <reset>, <nothing>, <silence>, and what is left over.

import Posix
import TestWorld
import Transcript

extension Player {
    func expectEnd(_ expected: Expected, on connection: Connection) throws(Stop) {
        let name = expected == .eof ? "<eof>" : expected == .reset ? "<reset>" : "<closed>"
        let event = try wait { () throws(Stop) -> Bool? in
            resolvePendingBeforeEnd(on: connection)
            if !connection.pending.isEmpty { return nil }
            if !connection.inbox.isEmpty { return false }
            return connection.inbox.hasEnded ? true : nil
        }
        switch event {
        case true?:
            let end = connection.inbox.end
            let fits = expected == .closed || (expected == .eof && end == .eof) || (expected == .reset && end == .reset)
            if !fits { throw fail([name], received(connection)) }
            noteEvent("<\(end)>", connection, who: "S")
        case false?: throw try unfit([name], on: connection)
        case nil: throw fail([name], received(connection), ["the connection is still open after \(timeout)"])
        }
    }

    /// As long as the end has not come, what optional lines and "..." stand for may.
    private func resolvePendingBeforeEnd(on connection: Connection) {
        while let first = connection.pending.first {
            let inbox = connection.inbox
            var taken = inbox.unread.count
            switch first {
            case .optional(let pattern):
                switch pattern.match(inbox.unread, ended: inbox.hasEnded) {
                case .incomplete: return
                case .matched(let length, _): taken = length
                case .mismatch: taken = 0
                }
                connection.pending.removeFirst()
            case .anything:
                if inbox.hasEnded { connection.pending.removeFirst() }
            }
            if taken > 0 {
                noteReceived(taken, connection)
                connection.inbox.consume(taken)
            } else if case .anything = first, !inbox.hasEnded {
                return
            }
        }
    }

    func expectNothing(on connection: Connection) throws(Stop) {
        try settle()
        try provePause(on: connection.pending.isEmpty ? [connection] : [])
        try resolvePending(before: nil, on: connection)
        if !connection.inbox.isEmpty || connection.inbox.hasEnded {
            throw try unfit(["<nothing>"], on: connection)
        }
        noteEvent("<nothing>", connection, who: "S")
    }

    /// Real time, because only the server knows what it might still send.
    func expectSilence(_ duration: Duration, on connection: Connection) throws(Stop) {
        let end = Clock.system.now() + duration
        while Clock.system.now() < end && connection.inbox.isEmpty && !connection.inbox.hasEnded {
            try pump(until: end)
        }
        try resolvePending(before: nil, on: connection)
        if !connection.inbox.isEmpty || connection.inbox.hasEnded {
            throw try unfit(["<silence \(duration)>"], on: connection)
        }
    }

    /// Until the server has read everything, every process concerned has come to rest, and what they
    /// sent before has arrived. Ends early when one of `connections` receives something, or all have ended.
    func provePause(on connections: [Connection]) throws(Stop) {
        for connection in network.all where connection.hasOutput { try flush(connection) }
        let deadline = Clock.system.now() + timeout + queueing
        if !scene.options.server.isReference { network.resetProgress() }
        while true {
            while try pump(until: Clock.system.now()) {}
            if connections.contains(where: { !$0.inbox.isEmpty }) { return }
            if !connections.isEmpty, connections.allSatisfy({ $0.inbox.hasEnded }) { return }
            if network.unreadByServer() ?? 0 == 0, !network.isHeldBack(),
                scene.isAtRest(silentSince: network.lastProgress)
            {
                while try pump(until: Clock.system.now()) {}
                for connection in network.all where connection.translator?.isHolding ?? false { _ = connection.rest() }
                return
            }
            if Clock.system.now() >= deadline {
                let unread = network.unreadByServer() ?? 0
                throw fail(
                    ["the server comes to rest"], unread > 0 ? "\(unread) bytes it does not read" : "it is still busy",
                    ["so nothing proves that no byte is under way"])
            }
            // Silence takes long, and a byte ends it.
            if scene.server.isOurs {
                pauseBriefly(microseconds: 100)
            } else {
                try pump(until: Clock.system.now() + .milliseconds(20))
            }
        }
    }

    /// At the end of the transcript nothing may be there that no S line has seen.
    func checkLeftovers() throws(Stop) {
        let open = network.all.filter { $0.socket != nil && $0.isReading }
        if open.isEmpty { return }
        try provePause(on: open)
        for connection in open { try checkLeftover(connection) }
    }

    func checkLeftover(_ connection: Connection) throws(Stop) {
        try resolvePending(before: nil, on: connection)
        if connection.inbox.isEmpty { return }
        place = connection.lastExpectation ?? place
        throw try unfit(["nothing more"], on: connection)
    }

    /// The end of a macro's call or of a parallel run: its own connections go.
    func close(_ frame: Frame) throws(Stop) {
        for connection in frame.connections.values {
            while try pump(until: Clock.system.now()) {}
            if connection.socket != nil, connection.isReading { try checkLeftover(connection) }
            connection.close()
            network.remove(connection)
        }
    }
}
