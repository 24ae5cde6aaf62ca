/// Waiting for a descriptor in a way that a signal ends.

package import Posix

package struct InterruptibleWait: Sendable {
    let clock: Clock
    /// What `Signals.catching` gave, or nil while signals have their default action.
    let signals: Int32?

    package init(clock: Clock, signals: Int32?) {
        self.clock = clock
        self.signals = signals
    }

    /// What the descriptor is ready for; empty at the deadline.
    package func wait(
        for events: PollEntry.Events, on descriptor: Int32, until deadline: Duration? = nil
    ) throws(ClientFailure) -> PollEntry.Events {
        while true {
            var entries = [PollEntry(descriptor, events), PollEntry(signals ?? -1, .readable)]
            do { _ = try clock.poll(&entries, until: deadline) } catch {
                throw .failed(.unreachable, "cannot wait: \(error)")
            }
            if let signals, !entries[1].ready.isEmpty, let signal = try? Signals.arrived(on: signals).first {
                throw .interrupted(signal: signal)
            }
            if !entries[0].ready.isEmpty { return entries[0].ready }
            if let deadline, clock.now() >= deadline { return [] }
        }
    }
}
