/// The shape of a parsed transcript; `parse` makes it, `Lint` looks it over, the engine plays it.

/// A parsed file, transcript or dialect.
package struct Transcript: Sendable, Equatable {
    /// As given to the parser; for messages only.
    package var path: String
    package var header: Header
    /// A dialect file holds only blank lines, comments and `define`s.
    package var steps: [Step]
    /// The file as it was read, without line feeds; for messages, and empty where there is no file.
    var lines: [[UInt8]] = []

    package init(path: String, header: Header, steps: [Step]) {
        self.path = path
        self.header = header
        self.steps = steps
    }
}

/// The "key: value" lines before the first blank line.
package struct Header: Sendable, Equatable {
    package var title: String
    /// What the test world must offer.
    package var needs: [Need] = []
    /// Fixture entries the transcript uses; `{NAME.password}` is known for these.
    package var users: [String] = []
    /// Free words to select by: TL-7, H4, T20, slow, ….
    package var tags: [String] = []
    /// How long "no byte either way" may last, real time.
    package var timeout: Duration?
    /// Options of the reference server, "name=value"; a foreign server's run skips the transcript.
    package var limits: [String] = []
    /// The clause that this transcript establishes once for all that build upon it.
    package var foundation: String?

    package init(title: String) { self.title = title }
}

/// A precondition on the test world; without it the transcript is NOT TESTED, with this reason.
package enum Need: String, Sendable, CaseIterable {
    /// A clock the transcript can move: `advance`, `wall`, `boot`, `clock`.
    case clock
    /// A server the suite has started itself: `server …`.
    case restart
    /// A directory the suite may stop: `directory …`.
    case directory
    /// The directory's log: `binds n`.
    case binds
    /// A look at the server's processes: `zombies`, `measure rss`, `session … kill`.
    case process
    /// A look at the disk around the spool: `outside unchanged`.
    case disk
    /// A directory that accepts a bind with an empty password (slapd: `allow bind_anon_dn`).
    case anonymousBind = "anonymous-bind"
}

/// One step at its place. Two steps are equal when they mean the same, wherever and however they are written.
package struct Step: Sendable, Equatable {
    /// From 1. A step inside a macro has its line in the file of the macro.
    package var line: Int
    package var action: Action

    package init(line: Int, action: Action) {
        self.line = line
        self.action = action
    }

    package static func == (left: Step, right: Step) -> Bool { left.action == right.action }
}

package enum Level: String, Sendable, CaseIterable, Codable {
    case must = "MUST", should = "SHOULD", may = "MAY", ref = "REF"
}

/// In every `client`: "2" is connection C2; "" is the *current* connection, C1 at the top of a transcript,
/// and inside a macro the one that its caller named (`do login C2 alice`) or was itself in.
/// Numbers inside a `def` or a `parallel` body are connections of that call's or run's own, closed at its end.
/// A connection is opened by its first C line, from the transcript's own address; an ended one by `<connect>` only.
package indirect enum Action: Sendable, Equatable {
    case blank
    case comment(String)
    /// "[BAN-1 MUST] prose": every expectation up to the next tag belongs to this clause.
    case clause(id: String, level: Level, prose: String)
    /// "[setup]": what follows belongs to no clause; a failure there is "blocked".
    case setup
    /// "[given LIST-1] prose": what follows, up to the next tag, the clause only needs; a failure there is LIST-1's
    /// matter.
    case given(id: String, prose: String)
    case send(client: String, Sent)
    case expect(client: String, optional: Bool, Expected)
    /// "do login C2 alice key=value": a macro of the dialect or of this file, or a built-in (`find`).
    case call(name: String, client: String, arguments: [Text], options: [NamedText])
    /// "def login user password={user.password} [given LOGIN-1]": parameters by position, options by name with a
    /// default, and the clause of the verb it speaks, where it has one.
    case define(name: String, parameters: [String], options: [NamedText], given: String?, body: [Step])
    case bind(name: String, Generator)
    /// A number, or a hole that is one; `{i}` is 1…count in the body.
    case repeated(Text, body: [Step])
    /// The body runs `count` times at once, each with connections of its own; `{i}` is 1…count.
    case parallel(Text, body: [Step])
    /// The S lines of the body, in any order.
    case unordered(body: [Step])
    /// The first alternative whose S lines fit what was received.
    case either([[Step]])
    case world(WorldAction)
}

extension Action {
    /// The steps inside a block, nil for a step of one line; several for an `either`.
    package var bodies: [[Step]]? {
        switch self {
        case .define(_, _, _, _, let body), .repeated(_, let body), .parallel(_, let body), .unordered(let body): [body]
        case .either(let bodies): bodies
        default: nil
        }
    }
}

/// "key=value" of a call, or an option and its default in a `def`. Equal as texts are.
package struct NamedText: Sendable, Equatable {
    package var key: String
    package var value: Text
    /// Where the key stands in its line, from 1.
    var column = 0

    package init(key: String, value: Text) {
        self.key = key
        self.value = value
    }

    package static func == (left: NamedText, right: NamedText) -> Bool {
        left.key == right.key && left.value == right.value
    }
}

/// A line's text: literal bytes and holes. Two are equal when they mean the same, wherever they stand.
package struct Text: Sendable, Equatable {
    package enum Piece: Sendable, Equatable {
        case literal([UInt8])
        /// "{name}" or "{user.password}": insert a value; in an S line the wire must equal it.
        case hole(String)
        /// "{name:int}", S lines only: take the value from the wire. The name `_` takes and forgets.
        case capture(String, CaptureKind)
        /// "\|": the packet ends here, whatever the segmentation. C lines only.
        case boundary
    }
    package var pieces: [Piece]
    /// false after "\-" at the end: no LF follows. Of interest in C and S lines only.
    package var endsLine = true
    /// Where the text stands in its line, and each of its pieces, from 1; 0 and none for a text that was not read from a file.
    var column = 0
    var columns: [Int] = []

    package init(pieces: [Piece], endsLine: Bool = true) {
        self.pieces = pieces
        self.endsLine = endsLine
    }

    package static func == (left: Text, right: Text) -> Bool {
        left.pieces == right.pieces && left.endsLine == right.endsLine
    }
}

/// `int`: digits; `word`: bytes up to a blank or the line's end, at least one; `line`: what is left of the line;
/// `pattern`: a regular expression that matches a part of the line.
package enum CaptureKind: Sendable, Equatable { case int, word, line, pattern(String) }

package enum Sent: Sendable, Equatable {
    case text(Text)
    /// From the transcript's own address when `from` is missing or empty.
    case connect(from: Text?)
    case halfClose, close, reset, stopReading, readAgain
    /// Real time.
    case pause(Duration)
}

package enum Expected: Sendable, Equatable {
    case text(Text)
    /// "...": any number of lines up to the next expected one.
    case anything
    /// `closed`: eof or reset, whichever.
    case eof, reset, closed
    /// No byte is there and none is under way; proved, not waited for.
    case nothing
    /// No byte for this long, real time.
    case silence(Duration)
}

/// The value of a `let`. Never ends with a LF of its own: the line it stands in does.
package enum Generator: Sendable, Equatable {
    /// Exactly `bytes` bytes of letters and digits; after every `width` of them a LF, but never as the last byte.
    case lines(bytes: Int, width: Int, seed: UInt64)
    /// Exactly `count` bytes of any value but LF.
    case bytes(count: Int, seed: UInt64)
    case repeated(Text, count: Int)
    /// A path beside the transcript.
    case file(String)
    case text(Text)
}

package enum WorldAction: Sendable, Equatable {
    /// Moves all clocks; timers that become due fire before the next step.
    case advance(Duration)
    /// So much time passes: as `advance` where the server is seen to follow the clock, really elsewhere.
    case later(Duration)
    /// Moves the wall clock alone.
    case wall(Duration)
    /// Another boot id, and the boot-time clock starts again; the server must be stopped meanwhile.
    case boot
    case clock(frozen: Bool)
    case server(ServerAction)
    /// kill -9 of the server's process that serves this connection.
    case killSession(client: String)
    case directory(DirectoryAction)
    /// Waits until the directory's log shows this many binds since the transcript began; more is a failure.
    case binds(Int)
    /// `binds` counts from here on.
    case bindsAnew
    /// Fails when the server has more zombies than this, one second from now.
    case zombies(Int)
    /// Nothing outside the spool was created, changed or deleted since the transcript began.
    case outsideUnchanged
    case measure(Quantity, Comparison, Measure)
}

/// `stop`: TERM, orderly. `kill`: kill -9 of the whole tree. `restart`: stop and start. `start` keeps the spool
/// and takes a new port; connections of the old server are forgotten.
package enum ServerAction: String, Sendable, CaseIterable { case restart, stop, kill, start }
/// `hang`: accepts and answers nothing. `no-tls`: refuses StartTLS. The others: StartTLS shows a certificate that is not
/// valid.
package enum DirectoryAction: String, Sendable, CaseIterable {
    case stop, start, hang, noTLS = "no-tls", expired, otherHost = "other-host", otherAuthority = "other-authority"
}

package enum Quantity: String, Sendable, CaseIterable { case rss, time, rate }
package enum Comparison: String, Sendable, CaseIterable {
    case less = "<", lessOrEqual = "<=", more = ">", moreOrEqual = ">="
}
/// What a `measure` compares with: rss in bytes, time, or bytes per second.
package enum Measure: Sendable, Equatable { case bytes(Int), time(Duration), bytesPerSecond(Int) }
