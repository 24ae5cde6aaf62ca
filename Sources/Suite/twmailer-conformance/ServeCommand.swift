/// `serve`: starts a server with everything it needs, for tests by hand.

import ArgumentParser
import Bytes
import Engine
import Posix
import SystemPackage
import Transcript
import World

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Starts a server and a directory for tests by hand, until ^C.",
        discussion: """
            The clock is not moved. The server's output is shown. Its spool and everything else is removed at the end.

            Exit status: 0 stopped by ^C · 1 the server ended by itself · 5 it did not build or start · 6 this machine \
            lacks something · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var target: TargetOptions
    @Argument(help: "The server's folder; without one, the reference server.") var folder: String?

    func validate() throws {
        try target.validate(folder: folder)
        if target.attach != nil { throw ValidationError("an attached server already runs") }
        if target.clock == .page { throw ValidationError("serve does not move the clock") }
    }

    func run() throws {
        try Preparation.during(SuitePlace(suiteOptions)) { preparation in
            let program = try preparation.server(target, folder: folder)
            let ending = try preparation.leasing { lease in
                let served = try ServedServer(program, lease: lease)
                defer { served.end() }
                for line in introduction(served, lease.passwords) { say(line) }
                return try served.wait(cancel: preparation.cancel) { say(Visible.line($0, limit: 2000)) }
            }
            if let ending { throw Exit.serverDidNotStart.ended(ending) }
        }
    }

    private func introduction(_ served: ServedServer, _ passwords: Passwords) -> [String] {
        let some = ["alice", "bob", "if23b001"].compactMap { name in
            passwords[name].map { "\(name) / \(String(decoding: $0, as: UTF8.self))" }
        }
        return [
            "Listens on 127.0.0.1 port \(served.port); spool \(served.spool)",
            "Users:   \(some.joined(separator: ", ")), … (Fixtures/ldif/users.ldif)",
            "By hand: printf 'LOGIN\\nalice\\nalice-secret\\nLIST\\nQUIT\\n' | nc -N 127.0.0.1 \(served.port)",
            "^C ends it.", "",
        ]
    }

    // At once: whoever reads it through a pipe wants to know the port.
    private func say(_ line: String) { try? writeAll(1, Array((line + "\n").utf8).span) }
}

extension Exit {
    fileprivate func ended(_ ending: Ending) -> ExitCode {
        _ = said("the server ended by itself (\(ending))")
        return ExitCode(1)
    }
}
