/// Blocks: lines in any order, alternatives, and runs at the same time.

import Posix
import SystemPackage
import Synchronization
import TestWorld
import Transcript

extension Player {
    /// Each line received must fit one S line of the body that is still open.
    func unordered(_ body: [Step]) throws(Stop) {
        var open: [(connection: Connection, pattern: LinePattern)] = []
        for step in body {
            switch step.action {
            case .blank, .comment: break
            case .expect(let client, _, .text(let text)): open.append((frame.connection(client), try pattern(text)))
            default: throw fault("unordered holds S lines only")
            }
        }
        while !open.isEmpty {
            let expected = open.map(\.pattern.shown)
            let found = try wait { () throws(Stop) -> Int? in
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
            guard let found else { throw fail(expected, received(open[0].connection)) }
            guard found >= 0 else { throw try unfit(expected, on: open[0].connection) }
            let line = open.remove(at: found)
            line.connection.lastExpectation = place
            try expect(line.pattern, on: line.connection)
            recorder.check()
        }
    }

    /// The first alternative that fits. What one that does not fit has read is given back; once it has
    /// sent something it cannot be taken back, and its failure stands.
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
                // What was sent cannot be taken back, so this alternative was the one.
                if before.effects != effects { throw renewed(failure, failure.expected, depth: depth) }
                before.restore(self)
                failures.append(failure)
            }
        }
        guard let failure = failures.max(by: { $0.received.count < $1.received.count }) else { return }
        throw renewed(failure, failures.flatMap(\.expected), depth: depth)
    }

    /// A failure of an alternative, now that it is the block's.
    private func renewed(_ failure: Failure, _ expected: [String], depth: Int) -> Stop {
        let outer = (place, alternatives)
        defer { (place, alternatives) = outer }
        (place, alternatives) = (failure.place, depth)
        return fail(expected, failure.received, failure.details)
    }

    /// What an `either` must be able to go back to.
    private struct Memory {
        let effects: Int
        let exchange: Int
        let names: [[String: Value]]
        let connections: [(connection: Connection, mark: Int, pending: [PendingLine])]

        init(_ player: Player) {
            effects = player.effects
            exchange = player.recorder.length
            names = player.frames.map(\.names)
            connections = player.network.all.map { ($0, $0.inbox.mark(), $0.pending) }
        }

        func release() { for each in connections { each.connection.inbox.release() } }

        func restore(_ player: Player) {
            player.recorder.rewind(to: exchange)
            for (frame, names) in zip(player.frames, names) { frame.names = names }
            for each in connections {
                each.connection.inbox.goBack(to: each.mark)
                each.connection.pending = each.pending
            }
        }
    }

    /// Runs at once, each in a thread with connections of its own. The first failure is that of the block.
    func parallel(_ count: Int, _ body: [Step]) throws(Stop) {
        effects += 1
        let stops = Stops()
        var threads: [Posix.Thread] = []
        defer { for thread in threads { thread.join() } }
        for run in 1...max(count, 1) where count > 0 {
            let round = ["i": Value.bytes(Array(String(run).utf8))]
            let outer = frames.map { Frame(names: $0.names, macro: $0.macro, run: run) }
            let inner = Frame(names: frame.names.merging(round) { $1 }, macro: frame.macro, run: run)
            let player = Player(scene, frames: outer.dropLast() + [inner], macros: macros)
            if frames.count == 1 { player.frames = [inner] }
            player.place = place
            player.isParallel = true
            let box = Unshared((player: player, frame: inner))
            do {
                threads.append(
                    try Posix.Thread.start {
                        do throws(Stop) {
                            try box.value.player.play(body)
                            try box.value.player.releaseFlight()
                            try box.value.player.close(box.value.frame)
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

/// Handed to one thread and used by no other.
private struct Unshared<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// What ended the runs of a `parallel`.
private final class Stops: Sendable {
    private let all = Mutex<[(run: Int, stop: Stop)]>([])
    func add(_ run: Int, _ stop: Stop) { all.withLock { $0.append((run, stop)) } }
    var count: Int { all.withLock { $0.count } }
    var first: Stop? { all.withLock { $0.min { $0.run < $1.run }?.stop } }
}
