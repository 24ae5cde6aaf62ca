/// Flights as the server under test understands them: in its speech, or as they are written where FRAME-1 is judged.

import Dialects
import Results

typealias FlightEncoder = CommandEncoder<Payload>

extension Wire {
    /// What is known of how the server wants its commands; nil: nothing, so that they come as they are written.
    private var spoken: Dialect? { options.speaking ?? options.tolerance }

    /// For a connection that is being opened.
    var encoder: FlightEncoder? {
        guard segmentation == .verb else { return spoken.map(FlightEncoder.init) }
        var dialect = spoken ?? Dialect()
        if !dialect.speech.isFraming { dialect.speech = .verb }
        return FlightEncoder(dialect)
    }

    /// Hands a flight on to its connection.
    /// - Throws: `untested` where the transcript cuts a command in a way that this server lacks, and judges another clause.
    func speak(_ flight: [FlightPiece], on connection: Connection) throws(Stop) {
        let dialect = spoken ?? Dialect()
        let clause = judging()
        if let spoken, let obstacle = Obstacle(flight, spoken, connection.encoder?.reader ?? CommandReader()),
            isJudging, !obstacle.clauses.contains(clause ?? "") || spoken.speech.isFraming
        {
            throw .untested(obstacle.reason)
        }
        let isWritten = clause == "FRAME-1" && !dialect.speech.isFraming
        let isAsked = dialect.understands(segmentation) && dialect.speechOf.isEmpty && segmentation != .verb
        if isWritten || isAsked {
            connection.say(flight, cut: segmentation == .verb ? .flight : segmentation, asWritten: isWritten || isAsked)
        } else {
            connection.say(flight, cut: .flight, asWritten: false)
        }
    }
}

extension Dialect {
    /// Whether commands cut so are understood.
    func understands(_ segmentation: Segmentation) -> Bool {
        if speech.isFraming { return false }
        return switch segmentation {
        case .flight: takes.contains(.flight)
        case .line: takes.contains(.line)
        case .byte: takes.contains(.byte)
        case .verb: speech == .verb || takes.isSuperset(of: [.flight, .line])
        case .random: takes == Speech.stream
        }
    }
}

extension Connection {
    /// - Parameter flight: as the sheet has it.
    /// - Parameter asWritten: the server's own cut or frame is left out.
    func say(_ flight: [FlightPiece], cut segmentation: Segmentation, asWritten: Bool) {
        for piece in flight {
            guard case .bytes(let bytes) = piece else {
                if case .payload(let payload) = piece { note(payload) }
                continue
            }
            translator?.sent(bytes)
        }
        if let user = translator?.user { encoder?.mailbox = user }
        let parts = flight.map(\.part)
        let encoded = encoder?.encode(parts, asWritten: asWritten).map(FlightPiece.init)
        queue(segmentation.cut(encoded ?? flight))
    }

    private func note(_ payload: Payload) {
        let ends = Segmentation.cutEnds
        if payload.count <= 2 * ends {
            translator?.sent(payload[0..<payload.count])
        } else {
            translator?.sent(payload[0..<ends])
            translator?.sentBulk()
            translator?.sent(payload[(payload.count - ends)..<payload.count])
        }
    }
}

extension FlightPiece {
    fileprivate var part: FlightEncoder.Part {
        switch self {
        case .bytes(let bytes): .bytes(bytes)
        case .payload(let payload):
            payload.count <= 2 * Segmentation.cutEnds
                ? .bytes(payload[0..<payload.count]) : .bulk(payload, count: payload.count)
        case .boundary: .cut
        }
    }

    fileprivate init(_ part: FlightEncoder.Part) {
        switch part {
        case .bytes(let bytes): self = .bytes(bytes)
        case .bulk(let payload, _): self = .payload(payload)
        case .cut: self = .boundary
        }
    }
}

/// How a flight is cut by the transcript itself that the server does not understand.
private struct Obstacle {
    let reason: String
    /// What a transcript may judge by it all the same.
    let clauses: [String]

    /// nil: there is none.
    /// - Parameter reader: as it stands before the flight.
    init?(_ flight: [FlightPiece], _ dialect: Dialect, _ reader: CommandReader) {
        var (reader, commands, isCut) = (reader, 0, false)
        for piece in flight {
            switch piece {
            case .bytes(let bytes):
                for byte in bytes {
                    switch reader.take(byte) {
                    case .end, .verb(_, isWhole: true): commands += 1
                    default: break
                    }
                }
            case .payload: reader.takeBulk()
            case .boundary: isCut = isCut || !dialect.takesCut(reader)
            }
        }
        if isCut || !dialect.takesCut(reader) {
            let speech = dialect.speech.title
            (reason, clauses) = ("fix FRAME-1 first: this server understands only \(speech)", ["FRAME-1"])
        } else if commands > 1 && !dialect.pipelines {
            (reason, clauses) = (
                "fix FRAME-7 first: this server answers one command per write", ["FRAME-7", "FRAME-1"]
            )
        } else {
            return nil
        }
    }
}

extension Dialect {
    /// Commands go out in several writes, each of which must be read before the next.
    var needsCuts: Bool {
        ([speech] + speechOf.values).contains { [.line, .verb, .byte].contains($0) }
    }

    /// Whether a write may end where the client's bytes stand.
    fileprivate func takesCut(_ reader: CommandReader) -> Bool {
        if reader.isBetweenCommands || takes.contains(.byte) { return true }
        return reader.isAtLineStart && (takes.contains(.line) || (reader.isAfterVerb && speech == .verb))
    }
}
