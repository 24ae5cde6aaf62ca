/// Waiting: until something comes, until the server rests, and how long is too long.

import Dialects
import Posix
import SystemPackage
import Transcript
import World

extension Wire {
    /// Until `condition` gives something; nil after "no byte either way" for too long. While a thread of the
    /// server or the directory it asks is at work, too long is four times as long: on a loaded machine it is no
    /// hang, and a server that hangs sleeps; as long as it reads what it was sent, twelve times.
    func wait<T>(_ condition: () throws(Stop) -> T?) throws(Stop) -> T? {
        network.resetProgress()
        var (patience, unread) = (1, Int?.none)
        while true {
            if let result = try condition() { return result }
            let deadline = network.lastProgress + timeout * patience + queueing
            let holds = network.all.contains { $0.translator?.isHolding ?? false }
            let look = holds ? min(deadline, Clock.system.now() + Wire.restLooks) : deadline
            if try pump(until: look) { continue }
            if holds && releaseHeld() { continue }
            if Clock.system.now() >= deadline {
                guard !world.isStopped else { return nil }
                let (before, left, isAsleep) = (unread, network.unreadByServer() ?? 0, world.isAsleep)
                let isReading = left > 0 && (before.map { left < $0 } ?? !isAsleep)
                guard patience < (isReading ? 12 : 4), isReading || !isAsleep else { return nil }
                (patience, unread) = (patience + 1, left)
            }
        }
    }

    /// How often the server is looked at while a reply's end shows only in its silence, and for how long it must
    /// have been at rest; real time.
    private static let (restLooks, restLength) = (Duration.milliseconds(5), Duration.milliseconds(60))

    /// When the server rests, what looks unfinished is all there is. True when an inbox got something by it.
    func releaseHeld() -> Bool { hasRested && letGo() }

    /// For a while nothing has moved, and nothing is under way.
    var hasRested: Bool {
        Clock.system.now() - network.lastProgress >= Wire.restLength * options.slow
            && !network.all.contains(where: \.hasOutput) && network.unreadByServer() ?? 0 == 0 && !network.isHeldBack()
            && world.isAtRest(silentSince: network.lastProgress, slow: options.slow)
    }

    private func letGo() -> Bool {
        network.all.reduce(false) { $1.rest() || $0 }
    }

    /// Who has heard nothing yet may stand behind others in the server's queue.
    var queueing: Duration {
        network.all.contains { $0.socket != nil && $0.isUnheard } ? options.queueing : .zero
    }

    @discardableResult
    func pump(until deadline: Duration) throws(Stop) -> Bool {
        do {
            return try network.pump(until: deadline)
        } catch {
            switch error {
            case .interrupted: throw .interrupted
            case .system(let errno): throw .broken(.broken("a socket of the suite failed: \(errno)"))
            }
        }
    }

    /// After a jump of the clock: lets every wait of the server notice it. The server's waits look at the
    /// page at least every `Clock.virtualSlice` milliseconds.
    func settle() throws(Stop) {
        while Clock.system.now() < world.settled { try pump(until: world.settled) }
    }

    /// Until the server has read everything, every process concerned has come to rest, and what they
    /// sent before has arrived. Ends early when one of `connections` receives something, or all have ended.
    func provePause(on connections: [Connection]) throws(Stop) {
        try flushAll()
        let deadline = Clock.system.now() + timeout + queueing
        if !world.program.isReference { network.resetProgress() }
        while true {
            while try pump(until: Clock.system.now()) {}
            if connections.contains(where: { !$0.inbox.isEmpty }) { return }
            if !connections.isEmpty, connections.allSatisfy({ $0.inbox.hasEnded }) { return }
            if network.unreadByServer() ?? 0 == 0, !network.isHeldBack(),
                world.isAtRest(silentSince: network.lastProgress, slow: options.slow)
            {
                while try pump(until: Clock.system.now()) {}
                for connection in network.all where connection.translator?.isHolding ?? false { _ = connection.rest() }
                return
            }
            if Clock.system.now() >= deadline {
                let unread = network.unreadByServer() ?? 0
                throw .unmet(
                    ["the server comes to rest"], unread > 0 ? "\(unread) bytes it does not read" : "it is still busy",
                    ["so nothing proves that no byte is under way"])
            }
            // Silence takes long, and a byte ends it.
            if world.server.isOurs {
                pauseBriefly(microseconds: 100)
            } else {
                try pump(until: Clock.system.now() + .milliseconds(20))
            }
        }
    }

    /// One second at most, for a server that never rests.
    func letServerRest() throws(Stop) {
        let deadline = Clock.system.now() + .seconds(1) * options.slow
        while !world.isAtRest(silentSince: network.lastProgress, slow: options.slow), Clock.system.now() < deadline {
            try pump(until: Clock.system.now())
            pauseBriefly(microseconds: 500)
        }
    }
}
