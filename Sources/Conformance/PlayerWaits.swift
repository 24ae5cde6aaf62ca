/// Waiting: until something comes, until the server rests, and how long is too long.

import Posix
import SystemPackage
import TestWorld

extension Player {
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
            let look = holds ? min(deadline, Clock.system.now() + Player.restLooks) : deadline
            if try pump(until: look) { continue }
            if holds && releaseHeld() { continue }
            if Clock.system.now() >= deadline {
                guard !scene.isStopped else { return nil }
                let (before, left, isAsleep) = (unread, network.unreadByServer() ?? 0, scene.isAsleep)
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
    func releaseHeld() -> Bool {
        guard Clock.system.now() - network.lastProgress >= Player.restLength * scene.options.slow,
            !network.all.contains(where: \.hasOutput), network.unreadByServer() ?? 0 == 0, !network.isHeldBack(),
            scene.isAtRest(silentSince: network.lastProgress)
        else { return false }
        return network.all.reduce(false) { $1.rest() || $0 }
    }

    /// Who has heard nothing yet may stand behind others in the server's queue.
    var queueing: Duration {
        network.all.contains { $0.socket != nil && $0.isUnheard } ? scene.options.queueing : .zero
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
        while Clock.system.now() < scene.settled { try pump(until: scene.settled) }
    }
}
