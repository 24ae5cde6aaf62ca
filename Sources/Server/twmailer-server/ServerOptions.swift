/// The server's command line and what its values mean.

import EventLog
import Logging
import MailServer
import Options
import Posix

struct ServerOptions {
    static let commandLine = CommandLineSpec(
        program: "twmailer-server", version: productVersion,
        summary: "A TW-Mailer Pro server: forks a process per client, checks logins against an LDAP directory.",
        positionals: [
            Positional("port", "The TCP port to listen on; 0 picks a free one."),
            Positional("spool", "The folder with the mailboxes; created if it is missing."),
        ],
        options: [
            Option("listen", value: "ADDRESS", "The address to listen on; :: accepts IPv4 too.", standard: "::"),
            Option(
                flag: "check", "Check port, spool, bans and directory, print what was found, change nothing, and exit."),
            Option("port-file", value: "PATH", "Write the port to this file once the server is ready."),
        ] + LoginOptions.all + [
            Option("max-sessions", value: "N", "Most sessions at once.", standard: "512", section: limitsSection),
            Option(
                "max-sessions-per-ip", value: "N", "Most sessions from one address.", standard: "128",
                section: limitsSection),
            Option(
                "max-pre-login", value: "N", "Most sessions not logged in yet.", standard: "128", section: limitsSection
            ),
            Option(
                "login-timeout", value: "TIME", "Longest time from connection to login.", standard: "120s",
                section: limitsSection),
            Option(
                "idle-timeout", value: "TIME", "Longest time between two commands.", standard: "10min",
                section: limitsSection),
            Option(
                "frame-timeout", value: "TIME", "Longest time inside one command, or without a byte of a message.",
                standard: "60s", section: limitsSection),
            Option(
                "write-timeout", value: "TIME", "How long to wait for a client that does not read.", standard: "60s",
                section: limitsSection),
            Option(
                "min-body-rate", value: "BYTES",
                "Lowest rate per second of a message that takes longer than --idle-timeout.", standard: "500",
                section: limitsSection),
            Option(
                "max-message-size", value: "BYTES", "Longest message text; unlimited if not given.",
                section: limitsSection),
            Option(
                "grace", value: "TIME", "How long running commands may go on when the server stops.", standard: "10s",
                section: limitsSection
            ),
        ],
        environmentPrefix: "TWMAILER_",
        notes: """
            On SIGTERM or SIGINT the server finishes the running commands and stops; on a second signal it stops at once.

            Exit status: 0 stopped, 64 usage, 69 cannot listen, 71 system error, 73 spool unusable, 75 spool in use, 78 \
            configuration. --check exits with the status that a start would have. If a start would succeed, it exits with 65 \
            when mail or a mailbox is damaged, or else with 69 when the directory does not answer. What a crash has left, and the \
            next start cleans up, is a note and no fault.
            """)

    private static let limitsSection = "Limits"

    let address: TCPAddress
    let isAddressGiven: Bool
    let spool: String
    let portFile: String?
    let isCheck: Bool
    let clock: Clock
    let limits: Limits
    let logLevel: Logger.Level
    let logFormat: EventLog.Format
    /// The whole verdict, from the attempt's arrival.
    let verdictTimeout: Duration
    let gatekeeperArguments: [String]
    /// All that the server and its gatekeeper ever write once they run.
    let changes: [String]

    init(_ parsed: ParsedOptions) throws {
        let port = UInt16(try parsed.int("port", in: 0...65_535))
        guard let address = TCPAddress(try parsed.requiredText("listen"), port: port) else {
            throw parsed.refusal(of: "listen", allowed: "a numeric IPv4 or IPv6 address")
        }
        self.address = address
        isAddressGiven = parsed.isGiven("listen")
        spool = try parsed.requiredText("spool")
        portFile = parsed.text("port-file")
        isCheck = parsed.flag("check")
        let login = try LoginOptions(parsed)
        verdictTimeout = login.timeout
        logLevel = try parsed.choice("log-level")
        logFormat = try parsed.choice("log-format")
        var limits = try ServerOptions.limits(parsed)
        limits.ipv6Prefix = login.ipv6Prefix
        self.limits = limits
        do {
            clock = Clock(
                page: try parsed.text("clock-page").map { path throws(ClockPage.Failure) in try ClockPage(path: path) })
        } catch {
            throw CannotStart(status: 78, "--clock-page: \(parsed.text("clock-page") ?? "") cannot be used: \(error)")
        }
        changes = [spool] + [parsed.text("clock-page")].compactMap(\.self)
        gatekeeperArguments = ["--state", spool + "/.gate"] + LoginOptions.arguments(from: parsed)
    }

    private static func limits(_ parsed: ParsedOptions) throws(UsageError) -> Limits {
        let time = Duration.milliseconds(1) ... .seconds(7 * 86_400)
        var limits = Limits()
        limits.sessions = try parsed.int("max-sessions", in: 1...100_000)
        limits.sessionsPerAddress = try parsed.int("max-sessions-per-ip", in: 1...100_000)
        limits.sessionsBeforeLogin = try parsed.int("max-pre-login", in: 1...100_000)
        limits.loginTimeout = try parsed.duration("login-timeout", in: time)
        limits.idleTimeout = try parsed.duration("idle-timeout", in: time)
        limits.frameTimeout = try parsed.duration("frame-timeout", in: time)
        limits.writeTimeout = try parsed.duration("write-timeout", in: time)
        limits.minimumBodyRate = try parsed.int("min-body-rate", in: 0...1_000_000_000)
        limits.maximumMessage = try parsed.byteCount("max-message-size")
        limits.grace = try parsed.duration("grace")
        return limits
    }
}
