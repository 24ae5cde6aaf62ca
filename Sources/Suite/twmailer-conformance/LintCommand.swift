/// `lint`: what is wrong with transcripts and dialects, found without a server.

import ArgumentParser
import Engine
import Posix
import Results
import Transcript
import World

struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Checks transcripts and dialects without a server.",
        discussion: """
            Finds faults of syntax, unknown macros, options, holes and users, steps that the header's needs do not \
            name, and tags that contradict the catalogue. Each is printed as file:line:column with its line.

            Exit status: 0 no fault · 1 faults · 3 a file cannot be read · 4 no such file · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @Option(help: "The dialect whose macros the transcripts use.") var dialect = "strict"
    @Argument(help: "Files or folders; without any, the whole suite.") var paths: [String] = []

    func run() throws {
        let place = try SuitePlace(suiteOptions)
        let files = try SuiteFile.find(paths, place)
        let (catalogue, users) = (try catalogue(place), try users(place))
        let levels = Dictionary(uniqueKeysWithValues: catalogue.clauses.map { ($0.id, $0.level) })
        var report = FileReport()
        let spoken = SuiteFile("\(place.folder)/dialects/\(dialect).dialect", place)
        let dialect = report.parsed(spoken)
        for file in files {
            let isSpoken = fingerprint(file.path) == fingerprint(spoken.path)
            guard let transcript = isSpoken ? dialect : report.parsed(file) else { continue }
            // A dialect is played without any other; of a faulty one nobody knows the macros.
            if file.kind == .transcript && dialect == nil { continue }
            let lint = Lint(
                dialect: file.kind == .dialect ? nil : dialect, levels: levels, retired: catalogue.retired, users: users
            )
            report.add(lint.findings(in: transcript))
        }
        try report.finish()
        print("\(files.count) \(files.count == 1 ? "file" : "files"), no fault")
    }

    private func catalogue(_ place: SuitePlace) throws -> Catalogue {
        do { return try Suite.catalogue(in: place.folder) } catch { throw Exit.faultOfTheTool.said("\(error)") }
    }

    /// Those of the directory that transcripts are played with.
    private func users(_ place: SuitePlace) throws -> Set<String> {
        var passwords = Passwords()
        for path in Fixture(checkout: place.checkout).ldif {
            do { passwords.add(ldif: try readFile(path)) } catch {
                throw Exit.faultOfTheTool.said("cannot read \(path): \(error)")
            }
        }
        return Set(passwords.users)
    }
}
