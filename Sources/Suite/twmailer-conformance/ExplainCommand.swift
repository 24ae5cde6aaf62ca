/// `explain`: what a clause demands, and which transcripts test it.

import ArgumentParser
import Engine
import Results
import Transcript

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explains what a clause demands, why, and which transcripts test it.")
    @OptionGroup var suiteOptions: SuiteOptions
    @Argument(help: "A clause, such as BAN-3.") var clause: String

    func run() throws {
        let suite = try SuitePlace(suiteOptions).read(paths: [])
        let clause = clause.uppercased()
        let successors = suite.catalogue.successors(of: clause)
        guard !successors.isEmpty else { throw Exit.nothingMatched.said("there is no clause '\(clause)'") }
        if suite.catalogue[clause] == nil {
            print("\(clause) is retired; what it demanded stands in \(successors.joined(separator: " and "))\n")
        }
        for id in successors { if let found = suite.catalogue[id] { explain(found, suite) } }
    }

    private func explain(_ found: CatalogueClause, _ suite: Suite) {
        print("\(found.id) \(found.level.rawValue) (\(found.source.rawValue))\n  \(found.rule)")
        if let sheet = found.sheet { print("  The sheet: \(sheet)") }
        if let why = found.why { print("  Why: \(why)") }
        for cause in found.causes { print("  Usual cause of a failure\(cause.when): \(cause.text)") }
        for transcript in suite.transcripts {
            for tag in transcript.tags where tag.clause.id == found.id {
                print("  \(suite.name(transcript.path)):\(tag.line)  \(transcript.header.title)")
            }
        }
    }
}
