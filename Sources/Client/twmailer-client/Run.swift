/// Runs one command of the client: checks its input, connects, logs in, and performs it.

import MailClient
import MailCore
import Options
import Posix

struct Run {
    private let command: Command
    private let host: String
    private let port: UInt16
    private let user: Username?
    private let passwords: PasswordSource
    private let rendering: Rendering
    private let trace: Bool
    private let timeout: Duration
    private let clock = Clock.system

    init(_ options: ParsedOptions) throws {
        host = try options.requiredText("ip")
        port = UInt16(try options.int("port", in: 1...65_535))
        timeout = try options.duration("timeout", in: .milliseconds(1) ... .seconds(86_400))
        passwords = try PasswordSource(options)
        user = try options.text("user").map { try InteractiveSession.user(Array($0.utf8)) }
        trace = options.flag("trace")
        if options.flag("json"), options.flag("raw") { throw UsageError("--json and --raw exclude each other") }
        if options.flag("raw"), isTerminal(1) {
            throw UsageError(
                "--raw is refused on a terminal, which obeys control characters; redirect it or use -o FILE")
        }
        rendering = options.flag("json") ? .json : options.flag("raw") ? .raw : .shown
        command = try Command(options)
    }

    func run() throws -> ExitStatus {
        // Up to here nothing needs to be undone, so signals end the program as usual.
        switch command {
        case .interactive: return try session()
        case .send(let receiver, let subject, let file):
            let body = file == "-" ? try Body.standardInput() : try Body.file(file)
            return try scripted { mail, output in
                var progress = Progress("sending", total: body.size, clock: clock, isWanted: true)
                try sendMessage(to: receiver, subject, body, of: &mail, rendering, to: &output, progress: &progress)
            }
        case .list: return try scripted { mail, output in try printList(of: &mail, rendering, to: &output) }
        case .read(let number, let file):
            return try scripted { mail, output in
                var progress = Progress("received", clock: clock, isWanted: file != nil || !output.isTerminal)
                if let file {
                    try saveMessage(number, of: &mail, as: file, rendering, to: &output, progress: &progress)
                } else {
                    try printMessage(number, of: &mail, rendering, to: &output, progress: &progress)
                }
            }
        case .delete(let numbers):
            return try scripted { mail, output in try deleteMessages(numbers, of: &mail, rendering, to: &output) }
        }
    }

    private func scripted(_ work: (inout MailSession, inout Output) throws -> Void) throws -> ExitStatus {
        guard let user else { throw UsageError("--user is missing: -u USER") }
        let waiting = try waiting()
        let password = try passwords.password(for: user, waiting: waiting)
        var output = Output(1, waiting: waiting)
        do {
            var mail = MailSession(try connection(waiting), trace: trace)
            try mail.login(user, password)
            try work(&mail, &output)
            mail.quit()
        } catch {
            // What came before the failure is shown; the failure says that it is not all.
            try? output.flush()
            throw error
        }
        return .success
    }

    private func session() throws -> ExitStatus {
        let waiting = try waiting()
        let mail = MailSession(try connection(waiting), trace: trace)
        var session = InteractiveSession(
            mail, Output(1, waiting: waiting), passwords: passwords, clock: clock, waiting: waiting)
        return try session.run(as: user) ?? .success
    }

    private func connection(_ waiting: InterruptibleWait) throws -> Connection {
        try Connection.open(host: host, port: port, timeout: timeout, waiting: waiting)
    }

    /// From here on a signal (HUP, INT, QUIT, TERM) may have to restore the terminal's echo or remove a half-written file.
    private func waiting() throws -> InterruptibleWait {
        InterruptibleWait(clock: clock, signals: try Signals.catching([1, 2, 3, 15]))
    }
}
