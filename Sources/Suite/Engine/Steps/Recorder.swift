/// Records one playing: the outcome of each tag so far, and the conversation that a report shows.

import Dialects
import Posix
import Results
import Synchronization
import Transcript

/// Shared by the threads of a `parallel`.
final class Recorder: Sendable {
    private struct State {
        var outcomes: [ClauseOutcome] = []
        var current: Int?
        /// The words of the current tag.
        var words = ""
        var exchange: [ExchangeLine] = []
        var phaseStart = 0
        var deviations: [Deviation] = []
    }
    private let state = Mutex(State())

    /// How many lines of the conversation a report shows before the failing phase, and how many in all.
    private static let (before, most) = (16, 40)

    var clause: ClauseID? { state.withLock { state in state.current.map { state.outcomes[$0].clause } } }
    fileprivate var exchange: [ExchangeLine] { state.withLock { $0.exchange } }
    var outcomes: [ClauseOutcome] { state.withLock { $0.outcomes } }

    var words: String { state.withLock { $0.words } }

    func begin(_ clause: ClauseID?, line: Int, words: String = "") {
        state.withLock { state in
            state.words = words
            state.phaseStart = state.exchange.count
            guard let clause else {
                state.current = nil
                return
            }
            // A tag inside a `repeat` is one tag, however often it is passed.
            if let known = state.outcomes.firstIndex(where: { $0.line == line && $0.clause == clause }) {
                state.current = known
            } else {
                state.current = state.outcomes.count
                state.outcomes.append(ClauseOutcome(clause: clause, line: line, verdict: .pass, checks: 0))
            }
        }
    }

    /// Counts an expectation that held.
    func check() {
        state.withLock { state in if let current = state.current { state.outcomes[current].checks += 1 } }
    }

    /// Notes a tolerated deviation; a clause about exact bytes becomes ADAPTED.
    func note(_ deviation: Deviation) {
        state.withLock { state in
            if !state.deviations.contains(where: { $0.kind == deviation.kind }) { state.deviations.append(deviation) }
            guard let current = state.current, deviation.concerns(state.outcomes[current].clause.id),
                state.outcomes[current].verdict == .pass
            else { return }
            state.outcomes[current].verdict = .adapted
            state.outcomes[current].reason = "\(deviation.title): \(deviation.shown)"
        }
    }

    var deviations: [Deviation] { state.withLock { $0.deviations } }

    /// The rest of the current tag cannot be observed, so the tag is NOT TESTED: the checks so far are not enough to
    /// pass.
    func leaveUntested(_ reason: String) {
        state.withLock { state in
            guard let current = state.current, state.outcomes[current].isGood else { return }
            (state.outcomes[current].verdict, state.outcomes[current].reason) = (.notTested, reason)
        }
    }

    func judge(_ verdict: Verdict) {
        state.withLock { state in if let current = state.current { state.outcomes[current].verdict = verdict } }
    }

    func note(_ kind: ExchangeLine.Kind, line: Int, who: String, _ bytes: [UInt8], count: Int) {
        state.withLock { state in
            // Joins consecutive lines of one client, and the pieces of one received line. Parallel runs (C1/3) have no
            // order among each other, so each run keeps lines of its own.
            let label = who.dropFirst()
            let previous = label.contains("/") ? state.exchange.lastIndex { $0.who.dropFirst() == label } : nil
            if let last = previous ?? state.exchange.indices.last, state.exchange[last].kind == kind,
                state.exchange[last].who == who, last >= state.phaseStart,
                kind == .sent || (kind == .received && state.exchange[last].line == line)
            {
                let room = max(0, ExchangeLine.shown - state.exchange[last].bytes.count)
                if state.exchange[last].bytes.count == state.exchange[last].count {
                    state.exchange[last].bytes += bytes.prefix(room)
                }
                state.exchange[last].count += count
                return
            }
            let shown = Array(bytes.prefix(ExchangeLine.shown))
            state.exchange.append(ExchangeLine(line: line, who: who, kind: kind, bytes: shown, count: count))
            if state.exchange.count > 1000 {
                state.exchange.removeFirst(500)
                state.phaseStart = max(0, state.phaseStart - 500)
            }
        }
    }

    /// For an `either`: removes what an alternative that did not fit has noted.
    var length: Int { state.withLock { $0.exchange.count } }
    func rewind(to length: Int) {
        state.withLock { state in state.exchange.removeLast(max(0, state.exchange.count - length)) }
    }

    /// The conversation of the failing phase, after a few lines that led to it.
    func phase() -> [ExchangeLine] {
        state.withLock { state in
            let start = max(0, min(state.phaseStart, state.exchange.count) - Recorder.before)
            let shown = Array(state.exchange[start...].suffix(Recorder.most))
            guard shown.count < state.exchange.count else { return shown }
            return [ExchangeLine(line: shown[0].line, who: "", kind: .event, bytes: Array("…".utf8), count: 3)] + shown
        }
    }
}

extension Recorder {
    /// What a client sent last, as far as it is shown.
    var lastFlight: [UInt8]? { exchange.last { $0.kind == .sent }?.bytes }

    /// What a client sent last, as far as it is shown, if nothing was received on that connection since and the client
    /// did not leave; nil: every command that began has been answered.
    /// - Parameter unheard: labels of connections that the server never took.
    func unanswered(besides unheard: [String]) -> [UInt8]? {
        let lines = exchange.filter { line in !unheard.contains { line.who == "C" + $0 } }
        guard let last = lines.lastIndex(where: { $0.kind == .sent }) else { return nil }
        let label = lines[last].who.dropFirst()
        let since = lines[(last + 1)...].filter { $0.who.dropFirst() == label }
        if since.contains(where: { $0.kind == .received || $0.who.hasPrefix("C") }) { return nil }
        // A client that left before, and nothing was heard since: it was that end which the server did not survive.
        let before = lines[..<last].reversed().prefix { $0.kind != .received }
        if before.contains(where: { $0.isLeaving }) { return before.first { $0.isQuit }?.bytes }
        return lines[last].bytes
    }

    func noteEvent(_ text: String, on connection: Connection, who: String = "C", line: Int) {
        note(.event, line: line, who: who + connection.label, Array(text.utf8), count: text.utf8.count)
    }

    func noteWorld(_ text: String, line: Int) {
        note(.world, line: line, who: "", Array(text.utf8), count: text.utf8.count)
    }

    func noteSent(_ pieces: [FlightPiece], on connection: Connection, line: Int) {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): note(.sent, line: line, who: "C" + connection.label, bytes, count: bytes.count)
            case .payload(let payload):
                let start = payload[0..<min(payload.count, 80)]
                note(.sent, line: line, who: "C" + connection.label, start, count: payload.count)
            case .boundary: noteEvent("<next write>", on: connection, line: line)
            }
        }
    }
}

extension ExchangeLine {
    fileprivate var isQuit: Bool { kind == .sent && bytes.starts(with: "QUIT".utf8) }

    fileprivate var isLeaving: Bool {
        guard kind == .event, who.hasPrefix("C") else { return isQuit }
        return ["<close>", "<reset>", "<half-close>"].contains(String(decoding: bytes, as: UTF8.self))
    }
}
