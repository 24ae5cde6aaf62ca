/// One thread's poll loop: all its connections read and write at the same time.

import Posix
import SystemPackage
import Transcript
import World

final class Network {
    private var connections: [Connection] = []
    private let sockets: SocketTable?
    private let cancel: Int32
    private var scratch = [UInt8](repeating: 0, count: 65_536)
    private(set) var lastProgress = Clock.system.now()
    private var idleRounds = 0
    /// How long a cut waits for the server to read what came before it, real time.
    private let cutPatience: Duration

    enum Halt: Error { case interrupted, system(Errno) }

    /// - Parameter cancel: a descriptor that becomes readable when the run is to end.
    init(cancel: Int32, cutPatience: Duration) {
        (self.cancel, self.cutPatience) = (cancel, cutPatience)
        sockets = try? SocketTable()
    }

    func add(_ connection: Connection) {
        if !connections.contains(where: { $0 === connection }) { connections.append(connection) }
    }
    func remove(_ connection: Connection) { connections.removeAll { $0 === connection } }
    var all: [Connection] { connections }
    /// Bytes sent and received on the current connections.
    var bytesMoved: Int { connections.reduce(0) { $0 + $1.bytesMoved } }

    func resetProgress() { lastProgress = Clock.system.now() }

    /// The number of sent bytes that the server has not read yet; nil when this kernel does not tell.
    func unreadByServer() -> Int? {
        guard sockets != nil else { return nil }
        return connections.reduce(0) { $0 + ($1.socket.map(unread) ?? 0) }
    }

    /// Whether the server's kernel still holds bytes for us. When a server writes a reply in two pieces, Nagle's
    /// algorithm holds the second until we acknowledge the first, and our kernel delays that. This call sends the
    /// acknowledgement at once.
    func isHeldBack() -> Bool {
        connections.contains { connection in
            guard let socket = connection.socket, connection.wanted.contains(.readable) else { return false }
            Sockets.acknowledge(socket.descriptor.number)
            return (try? sockets?.unsent(atPeerOf: socket.local, remote: socket.remote)) ?? 0 > 0
        }
    }

    private func unread(_ socket: Connection.Socket) -> Int {
        (try? sockets?.unread(atPeerOf: socket.local, remote: socket.remote)) ?? 0
    }

    /// One round: sends and receives what is possible, and waits for that until `deadline`. True when bytes moved.
    func pump(until deadline: Duration) throws(Halt) -> Bool {
        do {
            var moved = false
            for connection in connections where connection.hasOutput {
                if try connection.write(patience: cutPatience, unread: unread) { moved = true }
            }
            let isHeld = connections.contains { $0.hasOutput && !$0.wanted.contains(.writable) && !$0.isConnecting }
            var entries = [PollEntry(cancel, .readable)]
            for connection in connections {
                let wanted = connection.wanted
                let descriptor = connection.socket?.descriptor.number ?? -1
                entries.append(PollEntry(wanted.isEmpty ? -1 : descriptor, wanted))
            }
            // No event tells that the server has read, so this looks again at once and yields the processor meanwhile.
            if isHeld && !moved { giveWay() }
            let now = Clock.system.now()
            _ = try Clock.system.poll(&entries, until: moved || isHeld ? now : deadline)
            if entries[0].ready.contains(.readable) { throw Halt.interrupted }
            for (connection, entry) in zip(connections, entries.dropFirst()) {
                if try connection.receive(entry.ready, &scratch) { moved = true }
            }
            if moved { (lastProgress, idleRounds) = (Clock.system.now(), 0) }
            return moved
        } catch let halt as Halt {
            throw halt
        } catch let error as Errno {
            throw .system(error)
        } catch {
            throw .interrupted
        }
    }

    private func giveWay() {
        idleRounds += 1
        if idleRounds < 100 { yieldProcessor() } else { pauseBriefly(microseconds: 50) }
    }
}
