/// twmailer-bench: measures the reference server beside a floor in C, in one run.

import Options
import Posix
import SystemPackage
import World

@main struct Main {
    private static let commandLine = CommandLineSpec(
        program: "twmailer-bench", version: "0.1.0",
        summary: "Measures the reference server beside a C server that does only what it must, and beside peers.",
        options: [
            Option("json", value: "FILE", "A line of JSON for each sample."),
            Option(flag: "full", "Also what takes minutes: 1 GB, 5,000 sessions, five rounds, growth to the end."),
            Option("rounds", value: "N", "How often each server has its turn; 3, and 5 with --full."),
            Option("peer", value: "HOST:PORT", "A TW-Mailer that runs already and knows the fixture's users."),
            Option("time", value: "TIME", "One run of one server.", standard: "700ms"),
            Option("only", value: "TEXT", "Only the series whose name begins so; several are possible.", repeats: true),
            Option(
                "folder", value: "FOLDER", "Where the spools stand, and so which disk is measured.", standard: "/tmp"),
            Option("root", value: "FOLDER", "The project's checkout.", standard: "."),
        ],
        notes: "Exit status: 0 measured, 1 a server answered wrongly, 6 something is missing, 64 usage.")

    static func main() {
        var status: Int32 = 0
        do {
            switch try commandLine.parse(Array(CommandLine.arguments.dropFirst())) {
            case .show(let text): try writeAll(1, Array(text.utf8).span)
            case .run(let parsed):
                Signals.turnIntoErrors()
                let world = try WorldGuard.start()
                defer { world.close() }
                do { try Run(parsed, world).run() } catch { status = report(error) }
            }
        } catch {
            status = report(error)
        }
        exitNow(status)
    }

    private static func report(_ error: any Error) -> Int32 {
        try? writeAll(2, Array("twmailer-bench: \(error)\n".utf8).span)
        if error is UsageError { return 64 }
        if case WorldFailure.missing = error { return 6 }
        return 1
    }
}

func say(_ text: String) { try? writeAll(2, Array((text + "\n").utf8).span) }
