/// One client of the load: a connection, and how far its conversation has come.

import Posix
import SystemPackage

final class Client {
    enum Need { case readable, writable }

    struct Times {
        /// Seconds of each whole turn, connecting and closing included where the turn does that.
        var turns: [Double] = []
        /// Seconds of each exchange that is timed, from its first byte out to its last byte in.
        var exchanges: [Double] = []
    }

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    private let (server, source): (TCPAddress, TCPAddress)
    private let opening: [Exchange]?
    private let turns: [[Exchange]]
    private(set) var times = Times()
    private(set) var isOpen = false

    private var socket: OwnedDescriptor?
    private var script: [Exchange] = []
    private var (next, turn): (Int, Int) = (0, 0)
    private var (sent, heard): (Int, Int) = (0, 0)
    private var search = DotSearch()
    private var lastLine = LastLineSearch("")
    private var isOver = false
    private var (turnBegan, exchangeBegan): (Duration, Duration) = (.zero, .zero)
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(_ server: TCPAddress, from source: TCPAddress, opening: [Exchange]?, turns: [[Exchange]]) {
        (self.server, self.source, self.opening, self.turns) = (server, source, opening, turns)
    }

    var descriptor: Int32 { socket?.number ?? -1 }

    /// Begins the next turn, or the opening of a connection that stays.
    func start(at now: Duration) throws {
        turnBegan = now
        if socket == nil {
            let socket = try Sockets.connect(server, from: source, nonblocking: true)
            try Sockets.sendAtOnce(socket.number)
            self.socket = consume socket
            isOpen = opening == nil
        }
        if isOpen {
            script = turns[turn % turns.count]
            turn += 1
        } else {
            script = opening ?? []
        }
        next = 0
        begin(at: now)
    }

    private func begin(at now: Duration) {
        (sent, heard, search, exchangeBegan) = (0, 0, DotSearch(), now)
        isOver = false
        guard next < script.count else { return }
        switch script[next].reply {
        case .lines(let last), .linesThenEnd(let last): lastLine = LastLineSearch(last)
        default: break
        }
    }

    /// Goes on as far as it can without waiting; nil: the turn (or the opening) is over.
    func proceed() throws -> Need? {
        while next < script.count {
            let exchange = script[next]
            do {
                while sent < exchange.request.count {
                    sent += try Sockets.send(descriptor, exchange.request.span.extracting(sent...))
                }
            } catch {
                if error == .resourceTemporarilyUnavailable { return .writable }
                throw Wrong(description: "sending \(shown(exchange)): \(error)")
            }
            do {
                while !(try hear(exchange)) {}
            } catch let error as Errno where error == .resourceTemporarilyUnavailable {
                return .readable
            }
            let now = Clock.system.now()
            if exchange.isTimed, isOpen { times.exchanges.append(seconds(now - exchangeBegan)) }
            next += 1
            begin(at: now)
        }
        if isOpen { times.turns.append(seconds(exchangeBegan - turnBegan)) }
        isOpen = true
        return nil
    }

    /// Takes what has arrived; true when the reply is whole, and nothing came after it.
    private func hear(_ exchange: Exchange) throws -> Bool {
        let count = try read(descriptor, into: &buffer, at: 0..<buffer.count)
        switch exchange.reply {
        case .end:
            guard count == 0 else { throw wrong(exchange, count) }
            socket = nil
            return true
        case .bytes(let expected):
            try compare(expected, count, exchange)
            return heard == expected.count
        case .text(let expected):
            let ended = search.finds(in: buffer, count)
            try compare(expected, count, exchange)
            guard ended == (heard == expected.count) else { throw wrong(exchange, count) }
            return ended
        case .linesThenEnd where count == 0 && isOver:
            socket = nil
            return true
        case .lines, .linesThenEnd:
            guard count > 0, !isOver, let ended = lastLine.finds(in: buffer, count) else {
                throw wrong(exchange, count)
            }
            heard += count
            isOver = ended
            if case .lines = exchange.reply { return ended }
            return false
        }
    }

    private func compare(_ expected: [UInt8], _ count: Int, _ exchange: Exchange) throws {
        guard count > 0, heard + count <= expected.count,
            firstDifference(buffer[..<count], expected[heard..<(heard + count)]) == nil
        else { throw wrong(exchange, count) }
        heard += count
    }

    private func wrong(_ exchange: Exchange, _ count: Int) -> Wrong {
        let got = String(decoding: buffer[..<min(count, 80)], as: UTF8.self)
        return Wrong(
            description: "a wrong reply to \(shown(exchange)) at byte \(heard): \(count) bytes \(got.debugDescription)")
    }

    private func shown(_ exchange: Exchange) -> String {
        String(decoding: exchange.request.prefix { $0 != 10 }, as: UTF8.self)
    }
}

/// The search for the line of one dot, carried on from block to block.
struct DotSearch {
    private enum State { case lineStart, afterDot, inLine }
    private var state = State.lineStart

    /// True when the end lies in `bytes[..<count]`; nothing may be asked after it.
    mutating func finds(in bytes: [UInt8], _ count: Int) -> Bool {
        var next = 0
        while next < count {
            switch state {
            case .lineStart:
                let byte = bytes[next]
                state = byte == UInt8(ascii: ".") ? .afterDot : byte == 10 ? .lineStart : .inLine
                next += 1
            case .afterDot:
                if bytes[next] == 10 { return true }
                state = .inLine
            case .inLine:
                guard let end = firstIndex(of: 10, in: bytes, next..<count) else { return false }
                state = .lineStart
                next = end + 1
            }
        }
        return false
    }
}

func seconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e9 }
