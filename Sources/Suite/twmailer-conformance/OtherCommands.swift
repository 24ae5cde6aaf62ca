/// `lint` and `explain`: the suite without a server.

import ArgumentParser
import Engine
import Posix
import Results
import Transcript

struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Checks transcripts: syntax, clauses, levels.")
    @OptionGroup var suiteOptions: SuiteOptions
    @Argument(help: "Files or folders; nothing is the whole suite.") var paths: [String] = []

    func run() throws {
        let suite = try SuitePlace(suiteOptions).read(paths: paths)
        var faults: [String] = []
        for transcript in suite.transcripts {
            let name = suite.name(transcript.path)
            if transcript.tags.isEmpty { faults.append("\(name):1: error: it judges no clause") }
            for tag in transcript.tags {
                guard let clause = suite.catalogue[tag.clause.id] else {
                    faults.append("\(name):\(tag.line): error: there is no clause \(tag.clause.id)")
                    continue
                }
                if clause.level != tag.clause.level {
                    faults.append("\(name):\(tag.line): error: \(clause.id) is a \(clause.level.rawValue)")
                }
            }
        }
        guard faults.isEmpty else {
            for fault in faults { print(fault) }
            throw ExitCode(1)
        }
        print("\(suite.transcripts.count) transcripts, no fault")
    }
}

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says what a clause demands, why, and who tests it.")
    @OptionGroup var suiteOptions: SuiteOptions
    @Argument(help: "A clause, such as BAN-3.") var clause: String

    func run() throws {
        let suite = try SuitePlace(suiteOptions).read(paths: [])
        let clause = clause.uppercased()
        guard let found = suite.catalogue[clause] else {
            throw Exit.nothingMatched.said("there is no clause '\(clause)'")
        }
        print("\(found.id) \(found.level.rawValue) (\(found.source.rawValue))\n  \(found.rule)")
        if let sheet = found.sheet { print("  The sheet: \(sheet)") }
        if let why = found.why { print("  Why: \(why)") }
        if let cause = found.cause { print("  Usual cause of a failure: \(cause)") }
        for transcript in suite.transcripts {
            for tag in transcript.tags where tag.clause.id == clause {
                print("  \(suite.name(transcript.path)):\(tag.line)  \(transcript.header.title)")
            }
        }
    }
}
