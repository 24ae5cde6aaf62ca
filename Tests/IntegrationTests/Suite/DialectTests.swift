/// Servers that are right by the sheet and look otherwise: nothing fails but what they really break.

import Engine
import Posix
import Results
import Testing
import Transcript

@Suite(.serialized) struct DialectTests {
    /// A shape of Peers/shapes.py, the clauses it breaks, and those that it meets in its own way.
    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        var broken: Set<String> = []
        var adapted: Set<String> = []
        /// What its READ does not show cannot be judged.
        var untested: Set<String> = []
        var paths = DialectTests.paths
        var testDescription: String { name }
    }

    static let shapes = [
        Shape(name: "plain"),
        Shape(name: "prose", adapted: ["FRAME-3", "QUIT-2"]),
        Shape(name: "numbered", adapted: ["FRAME-3"]),
        Shape(name: "labelled", adapted: ["READ-5"]),
        Shape(name: "nosender", broken: ["FRAME-3"], adapted: ["READ-5"], untested: ["SEND-2"]),
        Shape(name: "nul", broken: ["FRAME-3"]),
        Shape(name: "pieces"),
        Shape(name: "nozero", broken: ["LIST-1"]),
        Shape(name: "nostatus", broken: ["READ-1"], adapted: ["FRAME-3", "READ-5"]),
        Shape(name: "doorkeeper", untested: ["LOGIN-9"], paths: DialectTests.ownBusiness),
    ]

    /// One or two of each family; the whole suite would take minutes for each shape.
    static let paths = [
        "framing/exact-replies", "framing/no-greeting", "framing/refused-send-no-receiver", "login/wrong-password",
        "login/right-password", "ban/three-wrong", "send/text-as-sent", "send/sender", "send/dots", "list/subjects",
        "list/empty", "read/whole", "read/layout", "read/no-such-message", "delete/others-stay", "quit/silent",
        "quit/ends-the-connection", "concurrency/interleaved", "framing/end-inside-a-message",
    ]

    /// What a server may do about bans, names and TLS.
    static let ownBusiness = [
        "framing/login-during-a-ban", "login/same-bytes", "send/receivers", "login/directory-without-tls",
        "ban/covers-the-address", "ban/again", "lifetime/bad-input",
    ]

    @Test(arguments: shapes)
    func `a right server in another shape fails nothing that it does not break`(_ shape: Shape) throws {
        let program = try programFolder()
        let checkout = try #require(Suite.checkout(above: program + "/"))
        let folder = checkout + "/conformance"
        let suite = try Suite(folder: folder, paths: shape.paths.map { "\(folder)/\($0).transcript" })
        let peer = checkout + "/Tests/IntegrationTests/Peers/shapes.py"
        let command = "exec python3 '\(peer)' \(shape.name) {port} {spool} {ldap-url}"
        var options = PlayOptions(server: .foreign(command: command), cancel: -1)
        let results = try TestDirectories.shared.get().lending(checkout) { lease in
            options.tolerance = try Probe(options).run(with: lease).dialect
            return try suite.transcripts.enumerated().map { number, transcript in
                try Playing(
                    transcript, .flight, number: 30_000 + number, dialect: [suite.dialect], options: options
                ).play(with: lease)
            }
        }
        func clauses(_ verdict: Verdict) -> Set<String> {
            Set(results.flatMap(\.outcomes).filter { $0.verdict == verdict }.map(\.clause.id))
        }
        let failures = results.filter { !$0.isTolerated(foreign: true) }.compactMap(\.failure)
        #expect(Set(failures.map { $0.clause?.id ?? "[setup]" }) == shape.broken)
        #expect(clauses(.adapted) == shape.adapted)
        #expect(clauses(.notTested).subtracting(shape.broken) == shape.untested)
        #expect(clauses(.crash).isEmpty)
    }
}
