/// The options about logins, the clock and the log: the server takes them and hands them on to its gatekeeper.

package struct LoginOptions: Sendable {
    package static let all: [Option] = [
        Option(
            "ldap-url", value: "URL", "The directory's URL.", standard: "ldap://ldap.technikum-wien.at:389",
            section: logins),
        Option(
            "ldap-user-dn", value: "DN", "A user's distinguished name; %u stands for the user.",
            standard: "uid=%u,ou=people,dc=technikum-wien,dc=at", section: logins),
        Option(
            "ldap-starttls", value: "require|never", "Whether the directory connection must be encrypted.",
            standard: "require",
            section: logins),
        Option(
            "ldap-ca-file", value: "FILE", "The trusted CA certificates (PEM); the system's if not given.",
            section: logins),
        Option(
            "ldap-timeout", value: "TIME", "Longest time to decide a login, waiting included.", standard: "5s",
            section: logins),
        Option(
            "login-attempts", value: "N", "Failed logins as one user that ban an address.", standard: "3",
            section: logins),
        Option("ban", value: "TIME", "How long a ban lasts.", standard: "60s", section: logins),
        Option(
            "ban-ipv6-prefix", value: "BITS", "Leading bits of an IPv6 address that identify a client.", standard: "64",
            section: logins),
        Option("clock-page", value: "FILE", "Take the time from this page; for tests.", section: logging),
        Option(
            "log-level", value: "LEVEL", "Lowest level to log: trace, debug, info, notice, warning, error, critical.",
            standard: "info",
            section: logging),
        Option("log-format", value: "text|json", "The format of a log line.", standard: "text", section: logging),
    ]

    private static let logins = "Logins"
    private static let logging = "Clock and log"

    package enum StartTLS: String, CaseIterable, Sendable { case require, never }

    package let startTLS: StartTLS
    /// From an attempt's arrival to its verdict.
    package let timeout: Duration
    package let attempts: Int
    package let ban: Duration
    package let ipv6Prefix: Int

    package init(_ parsed: ParsedOptions) throws(UsageError) {
        startTLS = try parsed.choice("ldap-starttls")
        timeout = try parsed.duration("ldap-timeout", in: .milliseconds(1) ... .seconds(600))
        attempts = try parsed.int("login-attempts", in: 1...99)
        ban = try parsed.duration("ban", in: .milliseconds(1) ... .seconds(86_400))
        ipv6Prefix = try parsed.int("ban-ipv6-prefix", in: 1...128)
    }

    /// The same options as a command line.
    package static func arguments(from parsed: ParsedOptions) -> [String] {
        all.flatMap { option in parsed.text(option.name).map { ["--\(option.name)", $0] } ?? [] }
    }
}
