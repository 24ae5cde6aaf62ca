/// The TCP connection to the server: bytes out and in at the same time, in constant memory.

import Posix
import SystemPackage

package struct Connection: ~Copyable {
    private let socket: OwnedDescriptor
    private let waiting: InterruptibleWait
    /// The longest time without a byte either way.
    private let timeout: Duration
    private var received = [UInt8](repeating: 0, count: 65_536)
    /// The part of `received` that nobody has read yet.
    private var unread = 0..<0
    /// The server takes nothing more; what it said before may still be read.
    package private(set) var isBroken = false

    private init(_ socket: consuming OwnedDescriptor, _ waiting: InterruptibleWait, _ timeout: Duration) {
        self.socket = socket
        self.waiting = waiting
        self.timeout = timeout
    }

    /// Tries each address of `host` in turn, each for at most `timeout`.
    package static func open(
        host: String, port: UInt16, timeout: Duration, waiting: InterruptibleWait
    ) throws(ClientFailure) -> Connection {
        var failures: [String] = []
        for address in try addresses(of: host, port: port) {
            do {
                let socket = try Sockets.connect(address, nonblocking: true)
                let deadline = waiting.clock.now() + timeout
                if try waiting.wait(for: .writable, on: socket.number, until: deadline).isEmpty {
                    failures.append("\(address): no answer within \(seconds(timeout))")
                } else if let error = try Sockets.pendingError(socket.number) {
                    failures.append("\(address): \(error)")
                } else {
                    try Sockets.sendAtOnce(socket.number)
                    return Connection(socket, waiting, timeout)
                }
            } catch let failure as ClientFailure {
                throw failure
            } catch {
                failures.append("\(address): \(error)")
            }
        }
        let reasons = failures.joined(separator: ", ")
        throw .failed(.unreachable, "cannot connect to \(reasons); is the server running, and is this its port?")
    }

    /// Bytes that arrived and belong to no reply.
    package var stray: [UInt8] { Array(received[unread]) }

    /// Sends all of `bytes[range]`, taking in what the server says meanwhile. Returns early, and silently, once the
    /// connection is broken: the reply that the server may have sent first says more.
    package mutating func send(_ bytes: [UInt8], _ range: Range<Int>) throws(ClientFailure) {
        var left = range
        while !left.isEmpty, !isBroken {
            let room = unread.upperBound < received.count
            let deadline = waiting.clock.now() + timeout
            let ready = try waiting.wait(
                for: room ? [.writable, .readable] : .writable, on: socket.number, until: deadline)
            if ready.isEmpty { throw .failed(.unreachable, "the server accepted no data for \(seconds(timeout))") }
            if room, ready.contains(.readable) { _ = try takeIn() }
            if isBroken || ready.isDisjoint(with: [.writable, .failed, .hangUp]) { continue }
            do {
                let count = try Sockets.send(socket.number, bytes.span.extracting(left))
                left = (left.lowerBound + count)..<left.upperBound
            } catch {
                if error != .wouldBlock { isBroken = true }
            }
        }
    }

    /// The reply's next event, waiting for it at most `timeout` after the last byte.
    package mutating func next(_ reader: inout ReplyReader, of verb: String) throws(ClientFailure) -> ReplyReader.Event
    {
        while true {
            if let event = try reader.next(received, &unread) { return event }
            unread = 0..<0
            let deadline = waiting.clock.now() + timeout
            if try waiting.wait(for: .readable, on: socket.number, until: deadline).isEmpty {
                let fault = reader.hasBegun ? "stopped in the middle of its reply to" : "sent no reply to"
                throw .failed(.unreachable, "the server \(fault) \(verb) for \(seconds(timeout)) (--timeout)")
            }
            switch try takeIn() {
            case .bytes: continue
            case .closed(let how):
                if reader.hasBegun {
                    throw .failed(
                        .brokenProtocol, "the server \(how) the connection in the middle of its reply to \(verb)")
                }
                let words = "the server \(how) the connection instead of answering \(verb)"
                throw .failed(verb == "LOGIN" ? .loginRefused : .unreachable, words + Connection.hint(for: verb))
            }
        }
    }

    /// Events of a text refer to these.
    package func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> { received[range] }

    /// Ends the frame under way without its end: the server must store nothing of it (FRAME-5).
    package mutating func abandon() {
        isBroken = true
        Sockets.finishWriting(socket.number)
    }

    private enum Arrival { case bytes, closed(String) }

    /// One read; it never waits. At the end of the input the connection counts as broken.
    private mutating func takeIn() throws(ClientFailure) -> Arrival {
        if unread.isEmpty { unread = 0..<0 }
        do {
            let count = try read(socket.number, into: &received, at: unread.upperBound..<received.count)
            if count > 0 {
                unread = unread.lowerBound..<(unread.upperBound + count)
                return .bytes
            }
        } catch {
            if error == .wouldBlock { return .bytes }
            isBroken = true
            return .closed(error == .connectionReset ? "reset" : "lost (\(error))")
        }
        isBroken = true
        return .closed("closed")
    }

    private static func hint(for verb: String) -> String {
        switch verb {
        case "LOGIN": "; the address may be banned, or the server full: wait a minute"
        case "SEND": "; whether the message was stored is not known: look before sending again"
        default: "; it may have been idle too long: connect again"
        }
    }
}

/// "5 s" or "0.2 s" for an error's words.
func seconds(_ duration: Duration) -> String {
    let tenths = duration.wholeNanoseconds / 100_000_000
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
}
