/// One client's connection: the socket, what is still to be sent, what was received.

import Dialects
import Glibc
import Posix
import Results
import SystemPackage
import Transcript

/// Belongs to one thread.
final class Connection {
    /// "C2", for reports.
    let label: String
    private(set) var state = State.unopened
    var inbox = Inbox()
    /// C lines since the last step of another kind.
    var flight: [FlightPiece] = []
    /// Optional S lines and "..."; the next S line decides whether they were there.
    var pending: [PendingLine] = []
    /// Translates a foreign server's replies into the sheet's form; nil: bytes are taken as they come.
    var translator: ReplyTranslator?
    /// Puts commands as the server wants them; nil: they go as they are written.
    var encoder: FlightEncoder?
    var isReading = true
    /// The place of its last S line; a report names it for bytes that are left over.
    var lastExpectation: Place?

    enum State { case unopened, connecting(Socket), open(Socket), over }

    final class Socket {
        let descriptor: OwnedDescriptor
        let remote: TCPAddress
        let local: TCPAddress
        init(_ descriptor: consuming OwnedDescriptor, remote: TCPAddress) throws(Errno) {
            local = try Sockets.localAddress(descriptor.number)
            self.descriptor = descriptor
            self.remote = remote
        }
    }

    private var outbox: [Write] = []
    private var next = 0  // in outbox
    private var sent = 0  // of outbox[next]
    private var sentLast: Duration?  // when, if the peer must read it before more follows
    private(set) var bytesMoved = 0
    /// No byte has come yet, so the server may not have accepted the connection.
    private(set) var isUnheard = true
    private var isStarved = false  // the peer does not read: cuts are of no use until it does

    init(label: String) { self.label = label }

    var socket: Socket? {
        switch state {
        case .connecting(let socket), .open(let socket): socket
        case .unopened, .over: nil
        }
    }
    var isUnopened: Bool { if case .unopened = state { true } else { false } }
    var isConnecting: Bool { if case .connecting = state { true } else { false } }
    var hasOutput: Bool { next < outbox.count }
    var outputLeft: Int { outbox[next...].reduce(-sent) { $0 + $1.count } }

    // MARK: Opening and ending

    func connect(to remote: TCPAddress, from source: TCPAddress) throws(Errno) {
        (inbox, outbox, next, sent, sentLast, pending) = (Inbox(), [], 0, 0, nil, [])
        (flight, isReading, isStarved, isUnheard) = ([], true, false, true)
        do {
            let descriptor = try Sockets.connect(remote, from: source, nonblocking: true)
            try Sockets.sendAtOnce(descriptor.number)
            state = .connecting(try Socket(descriptor, remote: remote))
        } catch {
            guard error == .connectionRefused || error == .connectionReset else { throw error }
            finish(.refused)
        }
    }

    private func finishConnecting(_ socket: Socket) throws(Errno) {
        if try Sockets.pendingError(socket.descriptor.number) != nil { return finish(.refused) }
        state = .open(socket)
    }

    /// Call it when the server is at rest: the translator hands on the bytes that it held back, since no more will
    /// follow. True when there were some.
    func rest() -> Bool {
        guard let more = translator?.rest(), !more.isEmpty else { return false }
        inbox.append(more[...])
        return true
    }

    private func finish(_ how: Inbox.End) {
        if let more = translator?.end() { inbox.append(more[...]) }
        inbox.finish(how)
        if how != .eof {
            state = .over
            (outbox, next, sent) = ([], 0, 0)
        }
    }

    func halfClose() { if let socket { Sockets.finishWriting(socket.descriptor.number) } }

    func close(abruptly: Bool = false) {
        if abruptly, let socket { try? Sockets.resetOnClose(socket.descriptor.number) }
        (state, outbox, next, sent, flight) = (.over, [], 0, 0, [])
        inbox.finish(.eof)
    }

    func forget() {
        close()
        state = .unopened
        inbox = Inbox()
        pending = []
    }

    // MARK: Moving bytes

    func queue(_ writes: [Write]) {
        if case .over = state { return }
        if !hasOutput { (outbox, next) = ([], 0) }
        outbox += writes
    }

    var wanted: PollEntry.Events {
        var events: PollEntry.Events = []
        if isConnecting { return .writable }
        if isReading && !inbox.isFull && !inbox.hasEnded { events.insert(.readable) }
        if hasOutput && sentLast == nil { events.insert(.writable) }
        return events
    }

    /// Sends what may be sent now; true when bytes moved. `unread` tells how much the peer has still to read.
    func write(patience: Duration, unread: (Socket) -> Int) throws(Errno) -> Bool {
        guard case .open(let socket) = state else { return false }
        var moved = false
        while hasOutput {
            if let since = sentLast {
                if unread(socket) > 0 {
                    if !isStarved && Clock.system.now() - since < patience { return moved }
                    isStarved = true
                } else {
                    isStarved = false
                }
                sentLast = nil
            }
            guard try writeOnce(socket) else { return moved }
            moved = true
        }
        return moved
    }

    private func writeOnce(_ socket: Socket) throws(Errno) -> Bool {
        let write = outbox[next]
        let chunk = write.bytes(from: sent, atMost: 65_536)
        do {
            let count = try Sockets.send(socket.descriptor.number, chunk.span)
            (sent, bytesMoved) = (sent + count, bytesMoved + count)
        } catch {
            if error == .resourceTemporarilyUnavailable { return false }
            guard error == .brokenPipe || error == .connectionReset else { throw error }
            // The reading side reports how the connection ended. The output is dropped, so that nobody waits for it.
            (outbox, next, sent) = ([], 0, 0)
            return true
        }
        if sent == write.count {
            (next, sent) = (next + 1, 0)
            if hasOutput, case .bytes = write { sentLast = Clock.system.now() }
        }
        return true
    }

    /// Takes what has arrived; true when bytes or an end came.
    func receive(_ ready: PollEntry.Events, _ scratch: inout [UInt8]) throws(Errno) -> Bool {
        if ready.isEmpty { return false }
        if case .connecting(let socket) = state {
            try finishConnecting(socket)
            return true
        }
        guard case .open(let socket) = state, isReading, !inbox.hasEnded else { return false }
        var moved = false
        while !inbox.isFull {
            do {
                let count = try read(socket.descriptor.number, into: &scratch, at: 0..<scratch.count)
                (moved, isUnheard) = (true, false)
                if count == 0 {
                    finish(.eof)
                    return true
                }
                let bytes = scratch[..<count]
                inbox.append(translator?.receive(bytes)[...] ?? bytes)
                bytesMoved += count
                if count < scratch.count { return true }
            } catch {
                if error == .resourceTemporarilyUnavailable { return moved }
                guard error == .connectionReset || error == .brokenPipe else { throw error }
                finish(.reset)
                return true
            }
        }
        return moved
    }
}

/// An S line that the next S line decides.
enum PendingLine {
    case optional(LinePattern)
    /// "...": any lines.
    case anything
}
