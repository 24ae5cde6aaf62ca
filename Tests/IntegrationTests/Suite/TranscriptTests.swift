/// Every transcript of conformance/ against the reference server: one test case each, and a failure at its own line.

import Engine
import Posix
import Reports
import Results
import Synchronization
import Testing
import Transcript
import World

struct TranscriptTests {
    /// The transcripts, or the reason why there are none.
    private static let suite = Result {
        let program = try programFolder()
        guard let checkout = Suite.checkout(above: program + "/") else { throw NoSuite(program: program) }
        return (suite: try Suite(folder: checkout + "/conformance"), checkout: checkout, program: program)
    }

    struct NoSuite: Error { let program: String }

    struct Case: Sendable, CustomTestStringConvertible {
        let number: Int
        let name: String
        let transcript: Transcript
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        guard case .success(let found) = suite else { return [] }
        return found.suite.transcripts.enumerated().map { number, transcript in
            Case(number: number, name: found.suite.name(transcript.path), transcript: transcript)
        }
    }()

    @Test func `the suite is found and holds transcripts`() throws {
        let found = try TranscriptTests.suite.get()
        #expect(!found.suite.transcripts.isEmpty)
    }

    @Test(arguments: cases)
    func `the reference server passes`(_ played: Case) throws {
        let found = try TranscriptTests.suite.get()
        for (turn, segmentation) in [Segmentation.flight, .line, .byte].enumerated() {
            let options = PlayOptions(server: .reference(found.program + "/twmailer-server"), cancel: -1)
            let playing = Playing(
                played.transcript, segmentation, number: played.number * 3 + turn, dialect: [found.suite.dialect],
                options: options)
            let result = try TestDirectories.shared.get().lending(found.checkout) { try playing.play(with: $0) }
            if let reason = result.untested { Issue.record("not tested: \(reason)") }
            guard result.failure != nil else { continue }
            report(result, found.suite)
        }
    }

    private func report(_ result: TranscriptResult, _ suite: Suite) {
        var console = ConsoleReport(catalogue: suite.catalogue)
        (console.name, console.isWhole) = ({ suite.name($0) }, false)
        let text = FailureGroup.groups([result]).map { console.failure($0, nil).joined(separator: "\n") }
        let place = SourceLocation(
            fileID: "conformance/" + suite.name(result.path), filePath: result.path,
            line: result.failure?.place.line ?? 1, column: 1)
        Issue.record(Comment(rawValue: text.joined(separator: "\n")), sourceLocation: place)
    }
}

/// Directories that outlive a test case; the guard ends them with the test process.
final class TestDirectories: Sendable {
    static let shared = Result { TestDirectories(world: try WorldGuard.start()) }

    let world: WorldGuard
    private let idle = Mutex<[Held]>([])
    private struct Held: @unchecked Sendable { let lease: Lease }  // one borrower at a time

    private init(world: WorldGuard) { self.world = world }

    func lending<Result>(_ checkout: String, _ body: (Lease) throws -> Result) throws -> Result {
        let held =
            try idle.withLock { $0.popLast() }
            ?? Held(
                lease: try Lease(fixture: Fixture(checkout: checkout), world: world))
        defer { idle.withLock { $0.append(held) } }
        return try body(held.lease)
    }
}
