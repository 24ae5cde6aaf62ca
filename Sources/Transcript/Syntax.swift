/// The shape of a parsed transcript; `parse` makes it, `print` writes it back, the engine plays it.

/// A parsed file. `print(parse(text)) == text` for every valid text.
package struct Transcript: Sendable {
    /// As given to the parser; for messages only.
    package var path: String
    package var header: Header
    package var steps: [Step]
}

/// The "key: value" lines before the first blank line.
package struct Header: Sendable, Equatable {
    package var title: String
    /// What the test world must offer: `clock`, `restart`, `directory`, ….
    package var needs: [String] = []
    /// Fixture entries the transcript uses.
    package var users: [String] = []
    package var tags: [String] = []
    /// How long "no byte either way" may last, real time.
    package var timeout: Duration?
    package var limits: [String] = []
    /// The keys in the order of the file, for printing.
    package var order: [String] = []
}

/// One step at its place. `end` is the line of the block's own `end`, for printing and messages.
package struct Step: Sendable {
    package var line: Int
    package var action: Action
}

package enum Level: String, Sendable, CaseIterable { case must = "MUST", should = "SHOULD", may = "MAY", ref = "REF" }

package indirect enum Action: Sendable {
    case blank
    case comment(String)
    /// "[BAN-1 MUST] prose": every expectation up to the next tag belongs to this clause.
    case clause(id: String, level: Level, prose: String)
    /// "[setup]": what follows belongs to no clause; a failure there is "blocked".
    case setup
    case send(client: String, Sent)
    case expect(client: String, optional: Bool, Expected)
    /// "do login C1 alice key=value": a macro of the dialect or of this file.
    case call(name: String, arguments: [Text], options: [(key: String, value: Text)])
    /// "def login user password from=": `C:`/`S:` lines inside mean the caller's connection.
    case define(name: String, parameters: [String], options: [String], body: [Step])
    case bind(name: String, Generator)
    case repeated(Int, body: [Step])
    /// The body runs `count` times at once, each with connections of its own; `{i}` is 1…count.
    case parallel(Int, body: [Step])
    case unordered(body: [Step])
    case either([[Step]])
    case world(WorldAction)
}

/// A line's text: literal bytes and holes.
package struct Text: Sendable {
    package enum Piece: Sendable {
        case literal([UInt8])
        /// "{name}": insert a value; in an S line it must equal it.
        case hole(String)
        /// "{name:int}", S lines only: take the value from the wire.
        case capture(String, CaptureKind)
        /// "\|": the packet ends here, whatever the segmentation. C lines only.
        case boundary
    }
    package var pieces: [Piece]
    /// "\-" at the end: no LF follows.
    package var endsLine = true
}

package enum CaptureKind: Sendable { case int, word, line, pattern(String) }

package enum Sent: Sendable {
    case text(Text)
    case connect(from: Text?)
    case halfClose, close, reset, stopReading, readAgain
    case pause(Duration)
}

package enum Expected: Sendable {
    case text(Text)
    /// "...": any number of lines up to the next expected one.
    case anything
    case eof, reset, closed
    /// No byte is there and none is under way; proved, not waited for.
    case nothing
    /// No byte for this long, real time.
    case silence(Duration)
}

package enum Generator: Sendable {
    case lines(bytes: Int, width: Int, seed: UInt64)
    case bytes(count: Int, seed: UInt64)
    case repeated(Text, count: Int)
    case file(String)
    case text(Text)
}

package enum WorldAction: Sendable {
    case advance(Duration)
    /// Moves the wall clock alone.
    case wall(Duration)
    case boot
    case clock(frozen: Bool)
    case server(ServerAction)
    case killSession(client: String)
    case directory(DirectoryAction)
    /// Waits until the directory's log shows this many binds since the transcript began.
    case binds(Int)
    case zombies(Int)
    case outsideUnchanged
    case measure(what: String, comparison: String, value: String)
}
package enum ServerAction: String, Sendable, CaseIterable { case restart, stop, kill, start }
package enum DirectoryAction: String, Sendable, CaseIterable { case stop, start, hang, noTLS = "no-tls" }
