/// `explain`: what a clause demands, and which transcripts test it.

import ArgumentParser
import Engine
import Results
import Transcript

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
