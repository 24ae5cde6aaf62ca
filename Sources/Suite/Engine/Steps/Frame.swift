/// Names and connections in reach: those of the transcript, of a macro's call, or of one run of a `parallel`.

import Posix
import Transcript

enum Value {
    case bytes([UInt8])
    case payload(Payload)
}

final class Frame {
    var names: [String: Value]
    var connections: [String: Connection] = [:]
    /// What `C:` and `S:` without a number mean; nil: connection 1 of this frame.
    let current: Connection?
    /// The file its steps stand in; nil: the transcript itself.
    let macro: (name: String, path: String)?
    /// Which run of a `parallel` it belongs to, so that a report can tell them apart.
    let run: Int?

    init(
        names: [String: Value] = [:], current: Connection? = nil, macro: (name: String, path: String)? = nil,
        run: Int? = nil
    ) {
        (self.names, self.current, self.macro, self.run) = (names, current, macro, run)
    }

    func connection(_ client: String) -> Connection {
        if client.isEmpty, let current { return current }
        let name = client.isEmpty ? "1" : client
        if let known = connections[name] { return known }
        let new = Connection(label: run.map { "\(name)/\($0)" } ?? name)
        connections[name] = new
        return new
    }
}

struct Macro {
    var name: String
    var parameters: [String]
    var options: [NamedText]
    /// The clause of the verb that it speaks.
    var given: String?
    var body: [Step]
    /// The dialect's file, or nil for the transcript's own.
    var path: String?
}
