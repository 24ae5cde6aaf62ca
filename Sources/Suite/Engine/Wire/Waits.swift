/// Waits: until bytes come, until the server is at rest; and when a wait has taken too long.

import Dialects
import Posix
import SystemPackage
import Transcript
import World

extension Wire {
    /// Waits until `condition` returns a value. Returns nil when nothing can come any more (`isAtRestForGood`), or when
    /// no byte has moved either way for the time-out; `endOfWait` says which. The limit is four time-outs while a thread
    /// of the server or of its directory is at work, because a loaded machine is slow and a hanging server sleeps. It is
    /// twelve while the server still reads what it was sent.
    func wait<T>(_ condition: () throws(Stop) -> T?) throws(Stop) -> T? {
        network.resetProgress()
        (endOfWait, rest) = (nil, nil)
        var (patience, unread) = (1, Int?.none)
        while true {
            if let result = try condition() { return result }
            let deadline = network.lastProgress + timeout * patience + queueing
            let holds = network.all.contains { $0.translator?.isHolding ?? false }
            let next = Clock.system.now() + (holds ? Wire.heldLooks : Wire.restLooks)
            if try pump(until: min(deadline, next)) { continue }
            if holds && releaseHeld() { continue }
            if isAtRestForGood() {
                // What was sent before the last look has arrived by now.
                if try pump(until: Clock.system.now()) { continue }
                if holds && network.all.reduce(false, { $1.rest() || $0 }) { continue }
                endOfWait = .rest
                return try condition()
            }
            if Clock.system.now() >= deadline {
                endOfWait = .silence(Clock.system.now() - network.lastProgress)
                guard !world.isStopped else { return nil }
                let (before, left, isAsleep) = (unread, network.unreadByServer() ?? 0, world.isAsleep)
                let isReading = left > 0 && (before.map { left < $0 } ?? !isAsleep)
                guard patience < (isReading ? 12 : 4), isReading || !isAsleep else { return nil }
                (patience, unread) = (patience + 1, left)
            }
        }
    }

    /// Whether nothing can come any more. Two looks prove it, further apart than a delayed acknowledgement takes (40 ms
    /// on Linux): at both every thread of the server slept without a time limit, and none ran in between; nothing is
    /// unsent on either side, and no connection is still being made. Bytes that the server has not read do not matter:
    /// a thread that slept through their arrival does not wait for them.
    private func isAtRestForGood() -> Bool {
        guard !network.all.contains(where: { $0.hasOutput || $0.isConnecting }), !network.isHeldBack(),
            let look = world.lookForRest()
        else {
            rest = nil
            return false
        }
        guard let first = rest, first.look == look else {
            rest = (Clock.system.now(), look)
            return false
        }
        return Clock.system.now() - first.time >= Wire.restLength * options.slow
    }

    /// Real time: how often to look at a server that is silent, more often while only its silence can show the end of a
    /// reply; and how long it must have been at rest.
    private static let (restLooks, heldLooks) = (Duration.milliseconds(20), Duration.milliseconds(5))
    private static let restLength = Duration.milliseconds(60)

    /// Once the server is at rest, an unfinished reply is complete. True when an inbox got bytes by that.
    func releaseHeld() -> Bool { hasRested && network.all.reduce(false) { $1.rest() || $0 } }

    /// Whether nothing has moved for a while, and nothing is under way.
    var hasRested: Bool {
        Clock.system.now() - network.lastProgress >= Wire.restLength * options.slow
            && !network.all.contains(where: \.hasOutput) && network.unreadByServer() ?? 0 == 0 && !network.isHeldBack()
            && world.isAtRest(silentSince: network.lastProgress, slow: options.slow)
    }

    /// A client that has heard nothing yet may stand behind others in the server's queue.
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

    /// After a jump of the clock: waits until every wait of the server has noticed it. The server's waits look at the
    /// page at least every `Clock.virtualSlice` milliseconds.
    func settle() throws(Stop) {
        while Clock.system.now() < world.settled { try pump(until: world.settled) }
    }

    /// Waits until the server has read everything, every process is at rest, and what they sent before has arrived.
    /// Returns early when one of `connections` receives bytes, or all have ended.
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
            // A foreign server's silence takes long to prove, so this waits for bytes, which end it.
            if world.server.isOurs {
                pauseBriefly(microseconds: 100)
            } else {
                try pump(until: Clock.system.now() + .milliseconds(20))
            }
        }
    }

    /// Waits one second at most, for a server that never rests.
    func letServerRest() throws(Stop) {
        let deadline = Clock.system.now() + .seconds(1) * options.slow
        while !world.isAtRest(silentSince: network.lastProgress, slow: options.slow), Clock.system.now() < deadline {
            try pump(until: Clock.system.now())
            pauseBriefly(microseconds: 500)
        }
    }
}
