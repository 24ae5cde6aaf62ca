/// Names and connections in reach: those of the transcript, of a macro's call, or of one run of a `parallel`.

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

    init(names: [String: Value] = [:], current: Connection? = nil, macro: (name: String, path: String)? = nil) {
        (self.names, self.current, self.macro) = (names, current, macro)
    }

    func connection(_ client: String) -> Connection {
        if client.isEmpty, let current { return current }
        let name = client.isEmpty ? "1" : client
        if let known = connections[name] { return known }
        let new = Connection(label: "\(name)")
        connections[name] = new
        return new
    }
}

struct Macro {
    var name: String
    var parameters: [String]
    var options: [NamedText]
    var body: [Step]
    /// The dialect's file, or nil for the transcript's own.
    var path: String?
}
