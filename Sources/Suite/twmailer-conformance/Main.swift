/// The conformance suite's command line.

import ArgumentParser
import Posix
import Transcript

@main struct TWMailerConformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twmailer-conformance",
        abstract: "Plays the transcripts of the TW-Mailer Pro protocol against a server.",
        discussion: """
            'twmailer-conformance ~/my-server' builds a copy of that folder, finds the server in it, finds out how to start \
            it, and plays the suite against it. Without a folder it tests the reference server that was built with it.

            \(exitStatuses)
            """,
        version: SuitePlace.version,
        subcommands: [
            RunCommand.self, ProbeCommand.self, ServeCommand.self, DoctorCommand.self, ReportCommand.self,
            MatrixCommand.self, LintCommand.self, FmtCommand.self, ExplainCommand.self,
        ], defaultSubcommand: RunCommand.self)
}

let exitStatuses = """
    Exit status: 0 no MUST failed (for the reference: nothing failed) · 1 a MUST failed or the server crashed \
    · 2 interrupted · 3 fault of the tool · 4 nothing matched \
    · 5 the server did not build or start · 6 this machine lacks something · 64 usage
    """

/// Options that say where the suite is.
struct SuiteOptions: ParsableArguments {
    @Option(help: "The suite's folder, if it is not in the checkout that this program was built in.")
    var suite: String?
}
