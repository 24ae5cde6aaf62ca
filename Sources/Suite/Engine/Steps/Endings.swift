/// Ends and absences: <eof>, <reset>, <nothing>, <silence>, and what is left over.

import Posix
import Results
import Transcript

extension Expectations {
    func expectEnd(_ expected: Expected, on connection: Connection) throws(Stop) {
        let name = expected == .eof ? "<eof>" : expected == .reset ? "<reset>" : "<closed>"
        let event = try wire.wait { () throws(Stop) -> Bool? in
            resolvePendingBeforeEnd(on: connection)
            if !connection.pending.isEmpty { return nil }
            if !connection.inbox.isEmpty { return false }
            return connection.inbox.hasEnded ? true : nil
        }
        switch event {
        case true?:
            let end = connection.inbox.end
            let fits = expected == .closed || (expected == .eof && end == .eof) || (expected == .reset && end == .reset)
            if !fits { throw Stop.unmet([name], received(connection)) }
            recorder.noteEvent("<\(end)>", on: connection, who: "S", line: scope.place.line)
        case false?: throw try unfit([name], on: connection)
        case nil:
            let reason = wire.endOfWait.map { ": " + $0.words } ?? ""
            throw Stop.unmet([name], received(connection), ["the connection is still open\(reason)"])
        }
    }

    /// Until the end comes, optional lines and the lines of "..." may still arrive.
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
        try wire.settle()
        try wire.provePause(on: connection.pending.isEmpty ? [connection] : [])
        try resolvePending(before: nil, on: connection)
        if !connection.inbox.isEmpty || connection.inbox.hasEnded {
            throw try unfit(["<nothing>"], on: connection)
        }
        recorder.noteEvent("<nothing>", on: connection, who: "S", line: scope.place.line)
    }

    /// Real time, because only the server knows what it might still send.
    func expectSilence(_ duration: Duration, on connection: Connection) throws(Stop) {
        let end = Clock.system.now() + duration
        while Clock.system.now() < end && connection.inbox.isEmpty && !connection.inbox.hasEnded {
            try wire.pump(until: end)
        }
        try resolvePending(before: nil, on: connection)
        if !connection.inbox.isEmpty || connection.inbox.hasEnded {
            throw try unfit(["<silence \(duration)>"], on: connection)
        }
    }

    /// At the end of the transcript nothing may be left that no S line has consumed.
    func checkLeftovers() throws(Stop) {
        let open = wire.network.all.filter { $0.socket != nil && $0.isReading }
        if open.isEmpty { return }
        try wire.provePause(on: open)
        for connection in open { try checkLeftover(connection) }
    }

    func checkLeftover(_ connection: Connection) throws(Stop) {
        try resolvePending(before: nil, on: connection)
        if connection.inbox.isEmpty { return }
        guard case .unmet(var unmet) = try unfit(["nothing more"], on: connection) else { return }
        unmet.place = connection.lastExpectation
        throw .unmet(unmet)
    }

    /// Closes the connections of a macro's call or of a parallel run.
    func close(_ frame: Frame) throws(Stop) {
        for connection in frame.connections.values {
            while try wire.pump(until: Clock.system.now()) {}
            if connection.socket != nil, connection.isReading { try checkLeftover(connection) }
            wire.close(connection)
        }
    }
}
