/// C lines: opening connections, collecting flights, cutting and sending them.

import Posix
import SystemPackage
import TestWorld
import Transcript

extension Player {
    func send(_ connection: Connection, _ sent: Sent) throws(Stop) {
        if case .text(let text) = sent {
            if openFlight !== connection { try releaseFlight() }
            if connection.isUnopened { try open(connection, from: "") }
            let pieces = try pieces(text)
            connection.flight += pieces
            openFlight = connection
            effects += 1
            note(pieces, connection)
            return
        }
        try releaseFlight()
        effects += 1
        if case .connect(let from) = sent {
            let address = try from.map { (text) throws(Stop) in try string(text) } ?? ""
            noteEvent(address.isEmpty ? "<connect>" : "<connect from=\(address)>", connection)
            return try open(connection, from: address)
        }
        if let event = sent.printed() { noteEvent(event, connection) }
        switch sent {
        case .text, .connect: break
        case .halfClose:
            try flush(connection)
            connection.halfClose()
        case .close, .reset:
            try flush(connection)
            connection.close(abruptly: sent == .reset)
        case .stopReading: connection.isReading = false
        case .readAgain: connection.isReading = true
        case .pause(let duration):
            let end = Clock.system.now() + duration * scene.options.slow
            while Clock.system.now() < end { try pump(until: end) }
        }
    }

    /// From the transcript's own address when none is given.
    func open(_ connection: Connection, from given: String) throws(Stop) {
        let address = given.isEmpty ? scene.addresses[0] : given
        guard let source = TCPAddress(address, port: 0) else { throw fault("'\(address)' is no address") }
        network.add(connection)
        connection.translator = scene.options.tolerance.map(ReplyTranslator.init)
        do {
            try connection.connect(to: scene.server.address, from: source)
        } catch {
            throw .broken(.broken("no connection from \(address): \(error)"))
        }
        let opened: Void? = try wait { () throws(Stop) in connection.isConnecting ? nil : () }
        if opened == nil { throw fail(["a connection"], "no answer to it") }
        // As a client of such a server does: it lets it speak first. One that serves others first is not waited for.
        let patience = Clock.system.now() + .seconds(scene.options.slow)
        while let translator = connection.translator, !translator.isGreeted, connection.inbox.isEmpty,
            !connection.inbox.hasEnded, Clock.system.now() < patience
        {
            if try !pump(until: Clock.system.now() + .milliseconds(5)), translator.isHolding { _ = releaseHeld() }
        }
    }

    /// Ends the flight of C lines that is being collected: it is cut and goes out.
    func releaseFlight() throws(Stop) {
        guard let connection = openFlight else { return }
        openFlight = nil
        let flight = connection.flight
        connection.flight = []
        try settle()
        // What other clients sent before goes first, unless it is too big to wait for.
        for other in network.all where other !== connection && other.hasOutput && other.outputLeft < 65_536 {
            try flush(other)
        }
        connection.queue(scene.segmentation.cut(flight))
        scene.flightLeft()
        _ = try pump(until: Clock.system.now())
    }

    /// Until everything is sent, or the connection has ended.
    func flush(_ connection: Connection) throws(Stop) {
        let flushed: Void? = try wait { () throws(Stop) in connection.hasOutput ? nil : () }
        if flushed == nil {
            throw fail(
                ["the server reads what it is sent"], "it reads nothing: \(connection.outputLeft) bytes are left")
        }
    }

    private func note(_ pieces: [FlightPiece], _ connection: Connection) {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes):
                recorder.note(.sent, line: place.line, who: "C" + connection.label, bytes, count: bytes.count)
            case .payload(let payload):
                let start = payload[0..<min(payload.count, 80)]
                recorder.note(.sent, line: place.line, who: "C" + connection.label, start, count: payload.count)
            case .boundary: noteEvent("<next write>", connection)
            }
        }
    }

    func noteEvent(_ text: String, _ connection: Connection, who: String = "C") {
        recorder.note(
            .event, line: place.line, who: who + connection.label, Array(text.utf8), count: text.utf8.count)
    }
}
