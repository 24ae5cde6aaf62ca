/// Where reports go: files, the terminal, GitHub's pages.

import ArgumentParser
import Posix
import Reports
import Results
import SystemPackage
import Transcript
import World

struct ReportOptions: ParsableArguments {
    @Option(help: "Writes the events of the run to this file, as JSON Lines.")
    var json: String?
    @Option(help: "Writes a report for the browser to this file.")
    var html: String?
    @Option(help: "Writes a JUnit report to this file.")
    var junit: String?

    @Option(help: "A file of known failures: lines of TARGET SIGNATURE REASON (docs/REPORTS.md).")
    var expectedFailures: String?

    /// What --expected-failures names; nil when it was not given.
    func expected(_ catalogue: Catalogue) throws -> ExpectedFailures? {
        guard let path = expectedFailures else { return nil }
        do {
            let text = String(decoding: try readFile(path), as: UTF8.self)
            return try ExpectedFailures(parsing: text, catalogue: catalogue)
        } catch let fault as ExpectedFailures.Fault {
            throw Exit.faultOfTheTool.said("\(path):\(fault)")
        } catch {
            throw Exit.faultOfTheTool.said("cannot read \(path): \(error)")
        }
    }

    /// The reports that are files. JSON comes without a catalogue, too.
    private func files(_ catalogue: Catalogue?) -> [(path: String?, report: any Report)] {
        guard let catalogue else { return [(json, JSONReport())] }
        return [
            (json, JSONReport()), (junit, JUnitReport(catalogue: catalogue)), (html, HTMLReport(catalogue: catalogue)),
        ]
    }

    /// The terminal first: a file that cannot be written must not cost the result.
    /// - Parameter console: nil when the run ended in a way that is no result.
    func publish(_ run: RunRecord, console: ConsoleReport?) throws {
        if let console { show(run, console) }
        for case (let path?, let report) in files(console?.catalogue) { try write(report.render(run), to: path) }
        if let catalogue = console?.catalogue, let path = processEnvironment()["GITHUB_STEP_SUMMARY"], !path.isEmpty {
            // Steps that come before in the same job have written there too.
            let before = (try? readFile(path, limit: 1 << 21)) ?? []
            let text = GitHubSummary(catalogue: catalogue).render(run)
            try write(String(decoding: before, as: UTF8.self) + text, to: path)
        }
    }

    private func show(_ run: RunRecord, _ console: ConsoleReport) {
        guard processEnvironment()["GITHUB_ACTIONS"] == "true" else {
            return print(console.render(run), terminator: "")
        }
        // What a server said must not be taken for a command to the machine that CI runs on.
        let token = "end-of-report-\(UInt64.random(in: 0...UInt64.max))"
        print("::stop-commands::\(token)\n\(console.render(run))::\(token)::")
        print(GitHubAnnotations(catalogue: console.catalogue).render(run), terminator: "")
    }

    func write(_ text: String, to path: String) throws {
        do { try writeFile(path, Array(text.utf8)) } catch {
            throw Exit.faultOfTheTool.said("cannot write \(path): \(error)")
        }
    }
}

enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never

    var isColoured: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isTerminal(1) && processEnvironment()["NO_COLOR"] == nil
        }
    }
}
