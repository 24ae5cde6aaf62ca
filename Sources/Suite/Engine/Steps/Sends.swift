/// C lines: what a client sends, and its events.

import Dialects
import Posix
import Results
import SystemPackage
import Transcript

extension Interpreter {
    func send(_ connection: Connection, _ sent: Sent) throws(Stop) {
        if case .text(let text) = sent {
            let pieces = try scope.pieces(text)
            try wire.collect(pieces, on: connection)
            effects += 1
            recorder.noteSent(pieces, on: connection, line: scope.place.line)
            return
        }
        try wire.releaseFlight()
        effects += 1
        if case .connect(let from) = sent {
            let address = try from.map { (text) throws(Stop) in try scope.string(text) } ?? ""
            let shown = address.isEmpty ? "<connect>" : "<connect from=\(address)>"
            recorder.noteEvent(shown, on: connection, line: scope.place.line)
            return try wire.open(connection, from: address)
        }
        if let event = sent.printed() { recorder.noteEvent(event, on: connection, line: scope.place.line) }
        switch sent {
        case .text, .connect: break
        case .halfClose:
            try wire.flush(connection)
            connection.halfClose()
        case .close, .reset:
            try wire.flush(connection)
            connection.close(abruptly: sent == .reset)
        case .stopReading: connection.isReading = false
        case .readAgain: connection.isReading = true
        case .pause(let duration):
            let end = Clock.system.now() + duration * wire.options.slow
            while Clock.system.now() < end { try wire.pump(until: end) }
        }
    }
}
