/// `run`: plays transcripts and reports.

import ArgumentParser
import Dialects
import Engine
import Posix
import Reports
import Results
import SystemPackage
import Transcript
import World

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Plays transcripts (the default).", discussion: exitStatuses)

    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var target: TargetOptions
    @Option(help: "Only transcripts that judge clauses of this depth: sheet, must, should, may.")
    var level: Selection.Depth?
    @Option(help: "Only transcripts whose path, title, clauses or tags match this regular expression.")
    var filter: String?
    @Option(help: "Leaves out transcripts that match this regular expression.")
    var skip: String?
    @Option(name: .customLong("tag"), help: "Only transcripts with this tag, such as H4 or TL-2; may be repeated.")
    var tags: [String] = []
    @Flag(help: "Only what failed in the last run against this server.")
    var lastFailed = false
    @Option(help: "One part of the run, as 2/4, for several machines; 'report' and 'matrix' join their --json files.")
    var partition: Partition?
    @Flag(help: "Lists the transcripts that would be played, and plays none.")
    var list = false
    @Option(
        help:
            "auto (finds out and tolerates what your server shows differently from the sheet), strict, or a dialect file's name."
    )
    var dialect: String?
    @OptionGroup var speaking: SpeechOptions
    @Option(
        name: .customShort("j", allowingJoined: true),
        help:
            "How many transcripts play at the same time (default: 3 for the reference, 1 for your server)."
    )
    var workers: Int?
    @Option(help: "How long no byte may move before a step fails: 5s, 500ms, 2min.")
    var timeout = Patience(duration: .seconds(5))
    @Option(help: "Multiplies every real-time limit, for slow machines and servers ('doctor' suggests a value).")
    var slow = 1
    @Option(help: "Plays everything this many times; a transcript that passes and fails is FLAKY.")
    var `repeat` = 1
    @Flag(help: "Plays in random order.")
    var shuffle = false
    @Option(help: "The seed for --shuffle; without one, a random seed is used and printed.")
    var seed: UInt64?
    @OptionGroup var reports: ReportOptions
    @Flag(name: .customShort("x"), help: "Stops at the first failure.")
    var endsAtFirstFailure = false
    @Flag(help: "Keeps the folder of each transcript that failed.")
    var keepFailed = false
    @Flag(name: .shortAndLong, help: "Prints one line per transcript.")
    var verbose = false
    @Flag(name: .shortAndLong, help: "Prints only the summary.")
    var quiet = false
    @Option(help: "When to use colour: auto, always, never.")
    var color: ColourChoice = .auto
    @Argument(
        help: ArgumentHelp(
            "A server's folder; clauses (BAN-1, or BAN for the family), files or folders of the suite.",
            valueName: "folder|clause|path"))
    var what: [String] = []
    /// The one of `what` that is a server's folder; nil: none. Known from `validate` on.
    private var folder: String?

    mutating func validate() throws {
        folder = what.first { ServerPlace.isServer($0) }
        _ = try segmentations()
        for pattern in [filter, skip] {
            if let pattern, (try? Regex(pattern)) == nil {
                throw ValidationError("'\(pattern)' is not a regular expression")
            }
        }
        if !isAuto && speaking.speech != nil {
            throw ValidationError("--speech needs a server of your own, and --dialect auto")
        }
        if !isForeign && dialect == "auto" { throw ValidationError("--dialect auto needs a server of your own") }
        try target.validate(folder: folder)
        for path in what where path != folder && isRunnable(path) {
            throw ValidationError("'\(path)' is a program; name its folder, or --server '\(path) {port} {spool}'")
        }
        if let workers, workers < 1 || workers > 64 { throw ValidationError("-j must be between 1 and 64") }
        if slow < 1 || self.repeat < 1 { throw ValidationError("--slow and --repeat must be 1 or more") }
        if seed != nil && !shuffle { throw ValidationError("--seed needs --shuffle") }
    }

    /// A foreign server is understood in its own dialect, unless told otherwise; the reference speaks the strict one.
    private var isAuto: Bool { isForeign && (dialect ?? "auto") == "auto" }
    private var isForeign: Bool { target.isForeign(folder: folder) }

    func segmentations() throws -> [Segmentation] {
        try speaking.segmentations(usual: isForeign ? [.flight] : [.flight, .line, .byte])
    }

    func run() throws {
        let place = try SuitePlace(suiteOptions)
        let suite = try place.read(
            paths: what.filter { !Selection.isClause($0) && $0 != folder },
            dialect: isAuto ? "strict" : dialect ?? "strict")
        let memory = LastFailed(checkout: place.checkout, server: target.arguments(folder: folder))
        var chosen = chosen(suite)
        guard !chosen.isEmpty else { throw Exit.nothingMatched.said("no transcript matches; --list shows them all") }
        if lastFailed {
            let failed = memory.paths
            chosen = chosen.filter { failed.contains(suite.name($0.path)) }
            guard !chosen.isEmpty else { throw Exit.nothingMatched.said("none of these transcripts failed last time") }
        }
        if let partition { chosen = partition.share(chosen) }
        let expected = try reports.expected(suite.catalogue)
        if list { return show(chosen, suite) }

        try Preparation.during(place, isQuiet: quiet) { preparation in
            try play(chosen, of: suite, expected, memory, preparation)
        }
    }

    private func play(
        _ chosen: [Transcript], of suite: Suite, _ expected: ExpectedFailures?, _ memory: LastFailed,
        _ preparation: Preparation
    ) throws {
        var options = PlayOptions(server: try preparation.server(target, folder: folder), cancel: preparation.cancel)
        (options.timeout, options.slow, options.keepsFailed) = (timeout.duration, slow, keepFailed)
        options.clock = target.clock.mode
        // An attached server may remember those of an earlier run.
        if target.attach != nil { options.firstAddress = Int.random(in: 0..<10_000_000) }
        if isAuto {
            let found = try preparation.probe(options, speaking).dialect
            options.tolerance = found
            if target.attach == nil && found.failedTries.isEmpty {
                let rate = try preparation.leasing { try AcceptRate.measure(options, clients: 4, with: $0) }
                options.queueing = rate.queueing
            }
            let waits = options.queueing > .zero ? [RunCommand.queueing(options.queueing)] : []
            if !quiet { print((found.summary + waits + target.advice(options.server)).joined(separator: "\n") + "\n") }
        }
        var run = Run(
            chosen, dialect: suite.dialect, segmentations: try segmentations(), options: options,
            workers: workers ?? (isForeign ? 1 : 3))
        (run.endsAtFirstFailure, run.rounds, run.foundations) = (endsAtFirstFailure, self.repeat, suite.foundations)
        let drawn = shuffle ? seed ?? UInt64.random(in: 0...999_999) : nil
        run.shuffleSeed = drawn
        if let workers { run.waiters = workers }

        let teller = Teller(verbose: verbose, progress: isTerminal(2) && !quiet && !verbose)
        let isWhole =
            what.allSatisfy { $0 == folder } && level == nil && filter == nil && skip == nil && tags.isEmpty
            && !lastFailed
        let place = preparation.place
        let problem = run.play(fixture: Fixture(checkout: place.checkout), world: preparation.world) { event in
            guard case .started(var start) = event else { return teller.tell(suite.portable(event)) }
            (start.version, start.isWhole, start.folder) = (SuitePlace.version, isWhole, place.folderInCheckout)
            (start.partition, start.target) = (partition, target.arguments(folder: folder))
            if let drawn { start.seed = drawn }
            teller.tell(.started(start))
        }
        let played = teller.finish().markingFlakes().puttingOff()
        let record = expected?.applied(to: played) ?? played
        memory.remember(record)
        var report = ConsoleReport(catalogue: suite.catalogue)
        (report.isColoured, report.isQuiet, report.isWhole) = (color.isColoured, quiet, isWhole && partition == nil)
        // What was seen before a problem is worth telling.
        try reports.publish(record, console: problem == nil || !record.results.isEmpty ? report : nil)
        if let problem { throw Exit.of(problem, name: suite.name) }
        if let reason = record.unjudged { throw Exit.serverDidNotStart.said("Nothing could be judged: \(reason)") }
        if !record.isGood { throw ExitCode(1) }
    }

    private static func queueing(_ time: Duration) -> String {
        "Clients: the server lets fifty at once in within \(time.components.seconds) s, and the suite waits that long"
    }

    private func chosen(_ suite: Suite) -> [Transcript] {
        var selection = Selection()
        selection.clauses = what.filter(Selection.isClause)
        (selection.depth, selection.filter, selection.skip, selection.tags) = (level, filter, skip, tags)
        return suite.transcripts.filter {
            selection.includes($0, named: suite.name($0.path), catalogue: suite.catalogue)
        }
    }

    private func show(_ transcripts: [Transcript], _ suite: Suite) {
        for transcript in transcripts {
            var ids: [String] = []
            for tag in transcript.tags where !ids.contains(tag.clause.id) { ids.append(tag.clause.id) }
            print("\(suite.name(transcript.path))  [\(ids.joined(separator: " "))]  \(transcript.header.title)")
        }
    }
}

/// "5s" or "500ms"; a number alone is seconds.
struct Patience: ExpressibleByArgument {
    var duration: Duration
    init(duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Int(argument).map({ .seconds($0) }) ?? Duration(written: argument), duration > .zero else {
            return nil
        }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.written() }
}

extension Selection.Depth: ExpressibleByArgument {}

extension Partition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
