/// `report` and `matrix`: reports made again from the files that `run --json` wrote.

import ArgumentParser
import Engine
import Posix
import Reports
import Results
import SystemPackage
import Transcript
import World

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Makes the reports of an earlier run again, and joins its parts.")
    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var reports: ReportOptions
    @Flag(name: .shortAndLong, help: "The summary only.") var quiet = false
    @Option(help: "auto, always, never.") var color: ColourChoice = .auto
    @Argument(help: ArgumentHelp("What run --json wrote: one run, or all parts of one.", valueName: "result"))
    var results: [String]

    func run() throws {
        let catalogue = try SuitePlace(suiteOptions).read(paths: []).catalogue
        let runs = try Results.read(results)
        guard runs.count == 1 else {
            throw Exit.faultOfTheTool.said("these are \(runs.count) runs; 'matrix' compares them")
        }
        let run = try reports.expected(catalogue)?.applied(to: runs[0]) ?? runs[0]
        var console = ConsoleReport(catalogue: catalogue)
        (console.isColoured, console.isQuiet) = (color.isColoured, quiet)
        console.isWhole = run.start.isWhole && run.start.partition == nil
        try reports.publish(run, console: console)
        if !run.isGood { throw ExitCode(1) }
    }
}

struct MatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix", abstract: "Shows several implementations side by side.")
    @OptionGroup var suiteOptions: SuiteOptions
    @Option(help: "Writes the matrix for the browser to this file.") var html: String?
    @Argument(
        help: ArgumentHelp(
            "What run --json wrote; NAME= before it gives the column its name.", valueName: "[name=]result"))
    var results: [String]

    func run() throws {
        let catalogue = try SuitePlace(suiteOptions).read(paths: []).catalogue
        let runs = try Results.read(results)
        guard let html else { return print(MatrixReport(catalogue: catalogue).render(runs), terminator: "") }
        do { try writeFile(html, Array(HTMLReport(catalogue: catalogue).render(runs).utf8)) } catch {
            throw Exit.faultOfTheTool.said("cannot write \(html): \(error)")
        }
    }
}

enum Results {
    /// Each run, its parts joined.
    static func read(_ arguments: [String]) throws -> [RunRecord] {
        let runs = try arguments.map(one)
        do { return try JoinedRuns.join(runs) } catch { throw Exit.faultOfTheTool.said("\(error)") }
    }

    private static func one(_ argument: String) throws -> RunRecord {
        var (name, path): (String?, String) = (nil, argument)
        if fingerprint(argument) == nil, let equals = argument.firstIndex(of: "=") {
            (name, path) = (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
        }
        do {
            var run = try JSONReport.read(try readFile(path, limit: 1 << 28))
            if let name { run.start.server = name }
            return run
        } catch let fault as JSONReport.Fault {
            throw Exit.faultOfTheTool.said("\(path), \(fault)")
        } catch {
            throw Exit.faultOfTheTool.said("cannot read \(path): \(error)")
        }
    }
}
