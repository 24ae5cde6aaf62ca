/// Blocks: lines in any order, alternatives, and runs at the same time.

import Posix
import Results
import Synchronization
import SystemPackage
import Transcript
import World

extension Interpreter {
    /// Each line received must fit one S line of the body that is still open.
    func unordered(_ body: [Step]) throws(Stop) {
        var open: [(connection: Connection, pattern: LinePattern)] = []
        for step in body {
            switch step.action {
            case .blank, .comment: break
            case .expect(let client, _, .text(let text)):
                open.append((scope.frame.connection(client), try scope.pattern(text)))
            default: throw scope.fault("unordered holds S lines only")
            }
        }
        while !open.isEmpty {
            let expected = open.map(\.pattern.shown)
            let found = try wire.wait { () throws(Stop) -> Int? in
                var waits = false
                for (index, line) in open.enumerated() {
                    let inbox = line.connection.inbox
                    switch line.pattern.match(inbox.unread, ended: inbox.hasEnded) {
                    case .matched: return index
                    case .incomplete: waits = true
                    case .mismatch: break
                    }
                }
                return waits ? nil : -1
            }
            guard let found else { throw .unmet(expected, expectations.received(open[0].connection)) }
            guard found >= 0 else { throw try expectations.unfit(expected, on: open[0].connection) }
            let line = open.remove(at: found)
            line.connection.lastExpectation = scope.place
            try expectations.expect(line.pattern, on: line.connection)
            recorder.check()
        }
    }

    /// Plays the first alternative that fits. An alternative that does not fit gives back what it has read. Once it has
    /// sent something it cannot go back, and its failure stands.
    func either(_ alternatives: [[Step]]) throws(Stop) {
        var failures: [Failure] = []
        let depth = self.alternatives
        for alternative in alternatives {
            let before = Memory(self)
            self.alternatives += 1
            defer { self.alternatives -= 1 }
            do {
                try play(alternative)
                before.release()
                return
            } catch {
                before.release()
                guard case .failed(let failure) = error else { throw error }
                // It has sent something, so no other alternative can be tried.
                if before.effects != effects { throw renewed(failure, failure.expected, depth: depth) }
                before.restore(self)
                failures.append(failure)
            }
        }
        guard let failure = failures.max(by: { $0.received.count < $1.received.count }) else { return }
        throw renewed(failure, failures.flatMap(\.expected), depth: depth)
    }

    /// Turns an alternative's failure into the failure of the block.
    private func renewed(_ failure: Failure, _ expected: [String], depth: Int) -> Stop {
        let outer = (scope.place, alternatives)
        defer { (scope.place, alternatives) = outer }
        (scope.place, alternatives) = (failure.place, depth)
        return fail(Unmet(expected: expected, received: failure.received, details: failure.details))
    }

    /// What an `either` restores before it tries the next alternative.
    private struct Memory {
        let effects: Int
        let exchange: Int
        let names: [[String: Value]]
        let connections: [(connection: Connection, mark: Int, pending: [PendingLine])]

        init(_ player: Interpreter) {
            effects = player.effects
            exchange = player.recorder.length
            names = player.scope.frames.map(\.names)
            connections = player.wire.network.all.map { ($0, $0.inbox.mark(), $0.pending) }
        }

        func release() { for each in connections { each.connection.inbox.release() } }

        func restore(_ player: Interpreter) {
            player.recorder.rewind(to: exchange)
            for (frame, names) in zip(player.scope.frames, names) { frame.names = names }
            for each in connections {
                each.connection.inbox.goBack(to: each.mark)
                each.connection.pending = each.pending
            }
        }
    }

    /// Plays the runs at once, each in a thread with its own connections. The first failure is the block's failure.
    func parallel(_ count: Int, _ body: [Step]) throws(Stop) {
        effects += 1
        let stops = Stops()
        var threads: [Thread] = []
        defer { for thread in threads { thread.join() } }
        for run in 1...max(count, 1) where count > 0 {
            let inner = scope.forked(run: run)
            let box = Unshared(Interpreter(performance, inner, isParallel: true))
            do {
                threads.append(
                    try Thread.start {
                        do throws(Stop) {
                            try box.value.playRun(body)
                        } catch {
                            stops.add(run, error)
                        }
                    })
            } catch {
                throw .broken(.broken("no thread for run \(run) of parallel: \(error)"))
            }
        }
        for thread in threads { thread.join() }
        threads = []
        guard var first = stops.first else { return }
        if case .failed(var failure) = first {
            failure.details.append("\(stops.count) of \(count) runs failed")
            first = .failed(failure)
        }
        throw first
    }
}

/// One thread gets it and no other uses it.
private struct Unshared<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// Why the runs of a `parallel` stopped.
private final class Stops: Sendable {
    private let all = Mutex<[(run: Int, stop: Stop)]>([])
    func add(_ run: Int, _ stop: Stop) { all.withLock { $0.append((run, stop)) } }
    var count: Int { all.withLock { $0.count } }
    var first: Stop? { all.withLock { $0.min { $0.run < $1.run }?.stop } }
}
