/// Peers/faults.txt and Peers/liberties.txt, and the one server that has them all: Peers/faulty.py.

import Engine
import Posix
import Results
import Transcript
import World

/// One row: a name that faulty.py knows, where it shows, and what it does in words.
struct PeerRow: Sendable {
    let name: String
    /// A fault's roots (clauses), a liberty's folders of conformance/.
    let places: [String]
    /// Of a fault: the clauses beside its roots that may fairly fail because of it.
    let consequences: [String]
    let meaning: String

    static func rows(of table: String, in folder: String) throws -> [PeerRow] {
        let text = String(decoding: try readFile("\(folder)/\(table).txt"), as: UTF8.self)
        let rows = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("at most one of:") }
        return try rows.map { line in
            let cells = line.split(separator: "|").map { trimmed($0) }
            guard (3...4).contains(cells.count) else { throw NoRow(table: table, line: String(line)) }
            return PeerRow(
                name: cells[0], places: list(cells[1]), consequences: cells.count == 4 ? list(cells[2]) : [],
                meaning: cells[cells.count - 1])
        }
    }

    /// `FRAME-1, ~FRAME-3`; the mark matters to scripts/deep/judge alone. A lone `-` is none.
    private static func list(_ cell: String) -> [String] {
        cell == "-" ? [] : cell.split(separator: ",").map { trimmed($0.drop { $0 == " " || $0 == "~" }) }
    }

    struct NoRow: Error { let table, line: String }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// The suite and the peers, found from the test program.
struct PeerWorld: Sendable {
    let suite: Suite
    let checkout: String
    var folder: String { checkout + "/Tests/IntegrationTests/Peers" }

    init() throws {
        let program = try programFolder()
        guard let checkout = Suite.checkout(above: program + "/") else { throw NoCheckout(program: program) }
        suite = try Suite(folder: checkout + "/conformance")
        self.checkout = checkout
    }

    struct NoCheckout: Error { let program: String }

    /// What stands first in PATH may be a shim that takes longer than the whole conversation.
    static let python = isRunnable("/usr/bin/python3") ? "/usr/bin/python3" : "python3"

    /// faulty.py with that fault or liberty; empty: without any.
    func server(_ name: String) -> ServerProgram {
        let holes = "{port} {spool} {ldap-url} {ldap-ca} -"
        return .foreign(command: "exec \(PeerWorld.python) -I -S \(folder)/faulty.py \(holes) \(name)")
    }

    /// Whatever moves megabytes or waits long comes last: most faults are caught before.
    func transcripts(where fits: (Transcript) -> Bool) -> [Transcript] {
        let fitting = suite.transcripts.filter(fits)
        return fitting.filter { $0.header.timeout == nil } + fitting.filter { $0.header.timeout != nil }
    }

    func play(_ transcript: Transcript, _ name: String, patience: Duration, with lease: Lease) throws
        -> TranscriptResult
    {
        var options = PlayOptions(server: server(name), cancel: -1)
        options.timeout = patience
        let playing = Playing(transcript, .flight, number: 0, dialect: [suite.dialect], options: options)
        return try playing.play(with: lease)
    }
}
