/// The names and connections that a step can use: of the transcript, of a macro's call, or of one run of a `parallel`.

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
    /// The macro whose steps are played, with its file; nil: the transcript's own steps.
    let macro: (name: String, path: String, given: String?)?
    /// The number of its run in a `parallel`; reports show it.
    let run: Int?

    init(
        names: [String: Value] = [:], current: Connection? = nil,
        macro: (name: String, path: String, given: String?)? = nil,
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
    /// The file name of the dialect; nil: the transcript defines it.
    var path: String?
}
