/// How the supervisor turns a waiting client into a session of its own.

import EventLog
import Logging
import MailCore
import Posix
import Spool
import SystemPackage

extension Supervisor {
    /// Takes as many clients as wait, up to a limit, so that signals are heeded under a flood too.
    mutating func acceptClients() {
        for _ in 0..<64 {
            do {
                let accepted = try Sockets.accept(listener.number, nonblocking: true)
                admit(accepted)
            } catch {
                switch error {
                case .resourceTemporarilyUnavailable: return
                case .connectionAbort, .protocolError, .networkDown, .networkUnreachable: continue
                default:
                    // No descriptor or memory (EMFILE, ENFILE, ENOMEM): who waits in the queue waits on (PROC-5).
                    pause(because: error)
                    return
                }
            }
        }
    }

    private mutating func pause(because error: Errno) {
        let now = clock.now()
        refusals.warn("accept-paused", reason: "\(error)", at: now, log: log)
        pausedUntil = now + .milliseconds(100)
    }

    /// Over a limit the connection is closed at once, without a fork.
    private mutating func admit(_ accepted: consuming Accepted) {
        guard let address = ClientAddress(accepted.peer.bytes) else { preconditionFailure("an address has 16 bytes") }
        switch sessions.reserve(for: address) {
        case .failure(let refusal):
            let reason = refusal.rawValue
            refusals.warn("conn-refused", reason: reason, ["ip": "\(address)"], at: clock.now(), log: log)
        case .success(let place):
            let slot = place.slot
            if let (process, address) = place.making {
                try? process.send(signal: Signals.kill)
                refusals.warn("session-shed", reason: "before-login", ["ip": "\(address)"], at: clock.now(), log: log)
            }
            let parent = ProcessID.current
            switch forked() {
            case .success(.parent(let child)):
                sessions.began(child, slot: slot, from: address)
            case .success(.child):
                becomeSession(of: parent)
                serve(accepted.takeSocket(), from: address, slot: slot)
            case .failure(let error):
                sessions.giveBack(slot)
                refusals.warn("conn-refused", reason: "fork: \(error)", ["ip": "\(address)"], at: clock.now(), log: log)
            }
        }
    }

    private func forked() -> Result<Fork, Errno> {
        do { return .success(try ProcessID.fork()) } catch { return .failure(error) }
    }

    /// The child's first act: it keeps its client, the spool and the log, and nothing that is the supervisor's.
    private mutating func becomeSession(of parent: ProcessID) {
        dieWithParent(parent)
        // A terminal's ^C reaches the whole group; the supervisor decides what becomes of sessions.
        Signals.ignore([Signals.interrupt, Signals.terminate])
        Signals.restoreDefault([Signals.child])
        listener = nil
        stopping.writing = nil
        gatekeeper.forget()
        spool.closeLockInChild()
        Signals.forget()
        bounds.enterAsSession()
    }

    // Not inlined: where the end of the process is in sight, the optimiser tidies up the supervisor before it, page
    // by page.
    @inline(never)
    private func serve(_ socket: consuming OwnedDescriptor, from address: ClientAddress, slot: Int) -> Never {
        try? Sockets.sendAtOnce(socket.number)  // without it replies are slower, not wrong
        Session.serve(socket, from: address, slot: slot, in: sessionWorld)
        exitNow(0)
    }
}
