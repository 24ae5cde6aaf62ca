/// `probe`: how a server answers, raw, and what follows from it.

import ArgumentParser
import Conformance
import Posix
import TestWorld

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Shows how a server answers each command, and which dialect that is.",
        discussion: """
            Exit status: 0 it was heard · 2 interrupted · 3 fault of the tool · 5 the server did not build or start · 6 this \
            machine lacks something · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var target: TargetOptions
    @Argument(help: "The server's folder.") var folder: String?
    @Option(help: "Scales every limit of real time, for slow machines.")
    var slow = 1

    func validate() throws {
        if slow < 1 { throw ValidationError("--slow is 1 or more") }
        try target.validate(folder: folder)
        if !target.isForeign(folder: folder) {
            throw ValidationError("name a server's folder, or --server or --attach")
        }
    }

    func run() throws {
        let place = try SuitePlace(suiteOptions)
        Signals.turnIntoErrors()
        let cancel = try Signals.catching([2, 15])  // SIGINT, SIGTERM
        let world = try WorldGuard.start()
        defer { world.close() }
        let preparation = Preparation(place: place, world: world, cancel: cancel, isQuiet: false)
        var options = PlayOptions(server: try preparation.server(target, folder: folder), cancel: cancel)
        options.slow = slow
        let record = try Probing.record(options, place, world)
        print("What it sent (⏎ is a line feed):")
        print(record.lines.joined(separator: "\n"))
        print(record.dialect.summary.joined(separator: "\n"))
    }
}

enum Probing {
    /// Starts the server once, before it is judged.
    static func record(_ options: PlayOptions, _ place: SuitePlace, _ world: WorldGuard) throws -> ProbeRecord {
        do {
            let lease = try Lease(fixture: Fixture(checkout: place.checkout), world: world)
            defer { lease.end() }
            return try Probe(options).run(with: lease)
        } catch let problem as Problem {
            throw Exit.of(problem) { $0 }
        } catch let failure as WorldFailure {
            throw Exit.of(failure)
        }
    }
}
