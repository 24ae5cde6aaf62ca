/// A foreign server's dialect during a playing: lines that it leaves out, and deviations that it shows.

import Bytes
import Dialects
import Posix
import Results
import Transcript

extension Expectations {
    /// Notes each deviation from the sheet that `connections` have shown; a deviation that is a fault fails its own
    /// clause only.
    func noteDeviations(_ connections: [Connection]) throws(Stop) {
        for connection in connections {
            for deviation in connection.translator?.takeDeviations() ?? [] {
                recorder.note(deviation)
                if let clause = deviation.faultOf, recorder.clause?.id == clause {
                    throw Stop.unmet(["the reply as the sheet shows it"], "\(deviation.title): \(deviation.shown)")
                }
            }
        }
    }

    /// What was expected stands in a reply that the probe could make nothing of: the verb's own clause fails, no other.
    var notUnderstood: String? {
        let unread = wire.network.all.compactMap { $0.translator?.unread }.first
        guard let unread, recorder.clause?.id != unread.verb.clause else { return nil }
        return "fix \(unread.verb.clause) first: \(unread.sentence)"
    }

    /// Whether this server's READ leaves out the line, in `do read`. Where the clause at hand is about that very line,
    /// READ-1 fails, and the others cannot be judged.
    func isHidden(_ text: Text) throws(Stop) -> Bool {
        guard let layout = wire.options.tolerance?.read, scope.frame.macro?.name == "read", text.pieces.count == 1,
            case .hole(let name) = text.pieces[0], let field = Dialect.Field(rawValue: name), !layout.shows(field)
        else { return false }
        switch (recorder.clause?.id, field) {
        case ("SEND-2", .sender), ("SEND-7", .subject), ("SEND-15", .subject):
            throw .untested("this server's READ shows no \(field.rawValue)")
        case ("READ-1", .subject): return false
        default: return true
        }
    }

    /// READ-5 is about exact lines. Lines that the probe has found missing are a deviation, which is noted, and no
    /// failure.
    func isMissingLine(_ failure: Failure) -> Bool {
        guard failure.clause?.id == "READ-5", failure.verdict == .fail, let layout = wire.options.tolerance?.read,
            !Dialect.Field.allCases.allSatisfy(layout.shows)
        else { return false }
        recorder.note(Deviation(.readLayout, Visible.line(Array(layout.summary.utf8))))
        return true
    }

    /// Where the subject stands among the lines of a reply to READ, counted from 0 (the status); nil: nowhere.
    var subjectPlace: Int? {
        guard let layout = wire.options.tolerance?.read else { return 3 }
        guard layout.shows(.subject) else { return nil }
        return 1 + (layout.shows(.sender) ? 1 : 0) + (layout.shows(.receiver) ? 1 : 0)
    }
}
