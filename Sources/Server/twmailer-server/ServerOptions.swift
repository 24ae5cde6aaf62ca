/// The server's command line and what its values mean.

import EventLog
import Logging
import MailServer
import Options
import Posix

struct ServerOptions {
    static let commandLine = CommandLineSpec(
        program: "twmailer-server", version: productVersion,
        summary: "A forking TW-Mailer Pro server: mail over TCP, logins checked by LDAP.",
        positionals: [
            Positional("port", "The TCP port; 0 takes a free one."),
            Positional("spool", "The folder of the mailboxes; made when it is missing."),
        ],
        options: [
            Option("listen", value: "ADDRESS", "Where to listen; :: takes IPv4 too.", standard: "::"),
            Option(
                flag: "check", "Look at port, spool, bans and directory, say what is found, change nothing, and stop."),
            Option("port-file", value: "PATH", "Write the port here once the server is ready."),
        ] + LoginOptions.all + [
            Option("max-sessions", value: "N", "Sessions at once.", standard: "512", section: limitsSection),
            Option("max-sessions-per-ip", value: "N", "… from one address.", standard: "128", section: limitsSection),
            Option("max-pre-login", value: "N", "… not logged in yet.", standard: "128", section: limitsSection),
            Option(
                "login-timeout", value: "TIME", "From connection to login.", standard: "120s", section: limitsSection),
            Option("idle-timeout", value: "TIME", "Between two commands.", standard: "10min", section: limitsSection),
            Option(
                "frame-timeout", value: "TIME", "Inside one command, or without a byte of a message.",
                standard: "60s", section: limitsSection),
            Option(
                "write-timeout", value: "TIME", "For a client that does not read.", standard: "60s",
                section: limitsSection),
            Option(
                "min-body-rate", value: "BYTES",
                "Slowest pace per second of a message that takes longer than --idle-timeout.", standard: "500",
                section: limitsSection),
            Option(
                "max-message-size", value: "BYTES", "Longest message text; none without it.", section: limitsSection),
            Option(
                "grace", value: "TIME", "For commands under way when stopping.", standard: "10s", section: limitsSection
            ),
        ],
        environmentPrefix: "TWMAILER_",
        notes: """
            TERM or INT finishes the commands under way and stops; a second one stops at once.

            Exit status: 0 stopped, 64 usage, 69 cannot listen, 71 system error, 73 spool unusable, 75 spool in use, 78 \
            configuration. --check ends with that of a start; of a start that would go ahead with 65 when mail or a mailbox \
            is damaged, or else 69 when the directory does not answer. What a crash has left for the next start to clear up is a \
            note and no fault.
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
