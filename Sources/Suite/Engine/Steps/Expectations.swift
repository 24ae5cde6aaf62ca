/// S lines: the bytes that must arrive, in this order, and nothing else.

import Bytes
import Dialects
import Posix
import Results
import Transcript

/// Belongs to one thread.
final class Expectations {
    let wire: Wire
    let scope: Scope
    let recorder: Recorder
    /// True while an `either` has another alternative to try; a mismatch then spends no time on a full report.
    var isTentative = false

    init(_ wire: Wire, _ scope: Scope, _ recorder: Recorder) {
        (self.wire, self.scope, self.recorder) = (wire, scope, recorder)
    }

    func expect(_ connection: Connection, _ optional: Bool, _ expected: Expected) throws(Stop) {
        if connection.isUnopened { throw scope.fault("connection \(connection.label) is not open: a C line opens it") }
        connection.lastExpectation = scope.place
        if case .text(let text) = expected, try isHidden(text) { return }
        if optional, case .text(let text) = expected {
            connection.pending.append(.optional(try scope.pattern(text)))
            return
        }
        switch expected {
        case .anything:
            connection.pending.append(.anything)
            return
        case .text(let text): try expect(try scope.pattern(text), on: connection)
        case .eof, .reset, .closed: try expectEnd(expected, on: connection)
        case .nothing: try expectNothing(on: connection)
        case .silence(let duration): try expectSilence(duration, on: connection)
        }
        recorder.check()
        try noteDeviations([connection])
    }

    func expect(_ pattern: LinePattern, on connection: Connection) throws(Stop) {
        try resolvePending(before: pattern.beginning, on: connection)
        var rest = pattern
        while let index = rest.pieces.firstIndex(where: { if case .payload = $0 { true } else { false } }) {
            try take(LinePattern(Array(rest.pieces[..<index])), of: pattern, on: connection)
            if case .payload(let payload) = rest.pieces[index] { try compare(payload, of: pattern, on: connection) }
            rest = LinePattern(Array(rest.pieces[(index + 1)...]))
        }
        try take(rest, of: pattern, on: connection)
    }

    /// Consumes what fits `part`, as soon as it is there; fails as soon as it cannot fit any more.
    private func take(_ part: LinePattern, of whole: LinePattern, on connection: Connection) throws(Stop) {
        let outcome = try wire.wait { () throws(Stop) -> LinePattern.Outcome? in
            let outcome = part.match(connection.inbox.unread, ended: connection.inbox.hasEnded)
            return outcome == .incomplete ? nil : outcome
        }
        switch outcome {
        case .matched(let length, let captures):
            noteReceived(length, connection)
            connection.inbox.consume(length)
            for (name, bytes) in captures where name != "_" { scope.frame.names[name] = .bytes(bytes) }
        case .mismatch, .incomplete: throw try unfit([whole.shown], on: connection)
        case nil:
            throw Stop.unmet(
                [whole.shown], received(connection), [wire.endOfWait.map(\.words) ?? ""])
        }
    }

    /// The failure when the received bytes do not fit.
    func unfit(_ expected: [String], on connection: Connection) throws(Stop) -> Stop {
        // A report shows the whole line, so the rest of it gets a moment to arrive.
        let end = Clock.system.now() + .milliseconds(100)
        while !isTentative && !connection.inbox.unread.contains(10) && !connection.inbox.hasEnded
            && Clock.system.now() < end
        {
            try wire.pump(until: end)
        }
        return .unmet(expected, received(connection))
    }

    /// For reports: the line at hand, how many bytes follow, and how the connection ended.
    func received(_ connection: Connection) -> String {
        let unread = connection.inbox.unread
        let line = unread.prefix { $0 != 10 }
        let first = unread.prefix(min(unread.count, line.count + 1))
        var parts: [String] = []
        if !first.isEmpty { parts.append(Visible.line(first)) }
        if unread.count > first.count { parts.append("and \(unread.count - first.count) bytes more") }
        switch connection.inbox.end {
        case .open: if parts.isEmpty { parts.append("nothing") }
        case .eof: parts.append("<eof>")
        case .reset: parts.append("<reset>")
        case .refused: parts.append("<connection refused>")
        }
        return parts.joined(separator: " ")
    }

    func noteReceived(_ count: Int, _ connection: Connection) {
        let bytes = Array(connection.inbox.unread.prefix(min(count, ExchangeLine.shown)))
        recorder.note(.received, line: scope.place.line, who: "S" + connection.label, bytes, count: count)
    }

    // MARK: Optional lines and "..."

    /// Consumes the optional lines that are there and the lines that "..." stands for, up to `next`;
    /// nil: up to the end of what is received.
    func resolvePending(before next: LinePattern?, on connection: Connection) throws(Stop) {
        while let first = connection.pending.first {
            switch first {
            case .optional(let pattern):
                let outcome = try wire.wait { () throws(Stop) -> LinePattern.Outcome? in
                    let outcome = pattern.match(connection.inbox.unread, ended: connection.inbox.hasEnded)
                    return outcome == .incomplete && next != nil ? nil : outcome
                }
                if case .matched(let length, _)? = outcome {
                    noteReceived(length, connection)
                    connection.inbox.consume(length)
                }
                connection.pending.removeFirst()
            case .anything:
                if try skipLines(before: next, on: connection) { connection.pending.removeFirst() } else { return }
            }
        }
    }

    /// False when the lines ended and none fitted; the next expectation then fails with what is left.
    private func skipLines(before next: LinePattern?, on connection: Connection) throws(Stop) -> Bool {
        while true {
            let skipped = try wire.wait { () throws(Stop) -> Int? in
                let unread = connection.inbox.unread
                switch next?.match(unread, ended: connection.inbox.hasEnded) {
                case .matched: return 0
                case .incomplete?: return nil
                case .mismatch?, nil: break
                }
                if let end = unread.firstIndex(of: 10) { return end - unread.startIndex + 1 }
                if connection.inbox.hasEnded || next == nil { return unread.isEmpty ? -1 : unread.count }
                return nil
            }
            guard let skipped, skipped >= 0 else {
                if next == nil { return true }
                connection.pending.removeFirst()
                return false
            }
            if skipped == 0 { return true }
            noteReceived(skipped, connection)
            connection.inbox.consume(skipped)
        }
    }
}

extension LinePattern {
    /// The part that shows whether the pattern begins here; of a payload only the first bytes.
    var beginning: LinePattern {
        guard let index = pieces.firstIndex(where: { if case .payload = $0 { true } else { false } }),
            case .payload(let payload) = pieces[index]
        else { return self }
        return LinePattern(Array(pieces[..<index]) + [.literal(payload[0..<min(4096, payload.count)])])
    }
}
