/// A client's socket: reads and writes that end at a deadline, and a close that loses no reply.

import Posix
import SystemPackage

struct Connection: ~Copyable {
    /// Why nothing more can be said or heard.
    enum End: Error, Equatable {
        case timeout
        /// The client took no byte of a reply for too long.
        case notRead
        /// The server stops, and the session was between two commands.
        case serverStops
        case broken(Errno)
    }

    private let socket: OwnedDescriptor
    /// Readable (end of file) once the server wants its sessions to end.
    private let stop: Int32
    private let clock: Clock

    /// `socket` is non-blocking.
    init(_ socket: consuming OwnedDescriptor, stop: Int32, clock: Clock) {
        self.socket = socket
        self.stop = stop
        self.clock = clock
    }

    /// What is there, or the first bytes to come; 0 is the end of the input.
    ///
    /// - Parameter heedingStop: the session has no command under way and may be ended.
    func receive(
        into buffer: inout [UInt8], at range: Range<Int>, until deadline: Duration, heedingStop: Bool
    ) throws(End) -> Int {
        while true {
            do {
                return try read(socket.number, into: &buffer, at: range)
            } catch {
                if error != .resourceTemporarilyUnavailable { throw .broken(error) }
            }
            var entries = [PollEntry(socket.number, .readable), PollEntry(heedingStop ? stop : -1, .readable)]
            try wait(&entries, until: deadline, orElse: .timeout)
            if entries[0].ready.isEmpty, !entries[1].ready.isEmpty { throw .serverStops }
        }
    }

    /// All of `bytes`; the time limit starts anew with each byte that goes out.
    func send(_ bytes: borrowing Span<UInt8>, timeout: Duration) throws(End) {
        var sent = 0
        while sent < bytes.count {
            do {
                sent += try Sockets.send(socket.number, bytes.extracting(sent..<bytes.count))
            } catch {
                if error != .resourceTemporarilyUnavailable { throw .broken(error) }
                try waitForRoom(timeout)
            }
        }
    }

    /// A socket is told writable only when a third of its buffer is free, and a slow client takes longer for that than
    /// the time limit, though it takes bytes all the while.
    private func waitForRoom(_ timeout: Duration) throws(End) {
        var untaken = Sockets.unacknowledged(socket.number)
        while true {
            var entries = [PollEntry(socket.number, .writable)]
            do {
                return try wait(&entries, until: clock.now() + timeout, orElse: .notRead)
            } catch {
                let left = Sockets.unacknowledged(socket.number)
                if error != .notRead || left >= untaken { throw error }
                untaken = left
            }
        }
    }

    private func wait(_ entries: inout [PollEntry], until deadline: Duration, orElse late: End) throws(End) {
        do {
            while try clock.poll(&entries, until: deadline) == 0 {
                if clock.now() >= deadline { throw late }
            }
        } catch let end as End {
            throw end
        } catch {
            throw .broken(error as? Errno ?? .ioError)
        }
    }

    /// Shutdown, bounded drain, close: closing over unread input would reset the connection and with it
    /// the replies still under way (RFC 1122 §4.2.2.13). Real time, because nobody's rule depends on it.
    consuming func close() {
        Sockets.finishWriting(socket.number)
        let clock = Clock.system
        let deadline = clock.now() + .seconds(2)
        var waste = [UInt8](repeating: 0, count: 512)
        var left = 4 * 1024 * 1024
        var entries = [PollEntry(socket.number, .readable), PollEntry(stop, .readable)]
        while left > 0, let ready = try? clock.poll(&entries, until: deadline), ready > 0, entries[1].ready.isEmpty,
            entries[0].ready.isDisjoint(with: .failed),
            let count = try? read(socket.number, into: &waste, at: 0..<waste.count), count > 0
        {
            left -= count
        }
    }
}
