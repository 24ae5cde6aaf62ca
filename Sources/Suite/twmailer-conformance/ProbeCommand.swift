/// `probe`: shows a server's raw replies, and the dialect that follows from them.

import ArgumentParser
import Dialects
import Engine
import Posix
import Transcript

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Shows how a server answers each command, and which dialect follows from it.",
        discussion: """
            Exit status: 0 done · 2 interrupted · 3 fault of the tool · 5 the server did not build or start · 6 this \
            machine lacks something · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var target: TargetOptions
    @OptionGroup var speaking: SpeechOptions
    @Argument(help: "The server's folder.") var folder: String?
    @Option(help: "How long no byte may move before an answer is given up: 5s, 500ms, 2min.")
    var timeout = Patience(duration: .seconds(5))
    @Option(help: "Multiplies every real-time limit, for slow machines.")
    var slow = 1

    func validate() throws {
        if slow < 1 { throw ValidationError("--slow must be 1 or more") }
        try target.validate(folder: folder)
        _ = try speaking.firstCut()
        if !target.isForeign(folder: folder) {
            throw ValidationError("name a server's folder, or --server or --attach")
        }
    }

    func run() throws {
        try Preparation.during(SuitePlace(suiteOptions)) { preparation in
            var options = PlayOptions(
                server: try preparation.server(target, folder: folder), cancel: preparation.cancel)
            (options.timeout, options.slow, options.clock) = (timeout.duration, slow, target.clock.mode)
            let record = try preparation.probe(options, speaking)
            print("The server's replies (⏎ is a line feed):")
            print(record.lines.joined(separator: "\n"))
            print((record.dialect.summary + target.advice(options.server)).joined(separator: "\n"))
        }
    }
}
