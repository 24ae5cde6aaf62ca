/// The gatekeeper's options, read into what they mean.

import EventLog
import LDAPBind
import Logging
import MailCore
import Options
import Posix

struct GatekeeperOptions {
    /// Well written, and yet it cannot work: exit 78.
    enum Unusable: Error { case because(String) }

    let state: String
    let directory: DirectorySettings
    let rules: BanRules
    let timeout: Duration
    let clock: Clock
    let logger: Logger

    private enum StartTLS: String, CaseIterable { case require, never }

    /// Where Debian and Ubuntu keep the CA certificates that everybody trusts (package ca-certificates).
    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    static let commandLine = CommandLineSpec(
        program: "twmailer-gatekeeper", version: "0.1.0",
        summary: "Decides about logins for twmailer-server, which starts it. It is not run by hand.",
        options: [
            Option("state", value: "DIR", "The folder of attempts and bans; made when it is missing."),
            Option("ldap-url", value: "URL", "The directory.", standard: "ldap://ldap.technikum-wien.at:389"),
            Option(
                "ldap-user-dn", value: "DN", "A user's name in the directory, with %u for the user.",
                standard: "uid=%u,ou=people,dc=technikum-wien,dc=at"),
            Option("ldap-starttls", value: "require|never", "Whether passwords travel encrypted.", standard: "require"),
            Option("ldap-ca-file", value: "FILE", "The CA certificates (PEM); without it the system's."),
            Option("ldap-timeout", value: "TIME", "For a whole verdict, waiting included.", standard: "5s"),
            Option("login-attempts", value: "N", "Failures that ban an address.", standard: "3"),
            Option("ban", value: "TIME", "How long a ban lasts.", standard: "60s"),
            Option("ban-ipv6-prefix", value: "BITS", "How much of an IPv6 address is one client.", standard: "64"),
            Option("clock-page", value: "FILE", "Virtual time, for tests."),
            Option("log-level", value: "LEVEL", "The least important events written.", standard: "info"),
            Option("log-format", value: "text|json", "How a line is written.", standard: "text"),
        ])

    init(_ parsed: ParsedOptions) throws {
        state = try parsed.requiredText("state")
        timeout = try parsed.duration("ldap-timeout", in: .milliseconds(1) ... .seconds(600))
        var rules = BanRules()
        rules.attempts = try parsed.int("login-attempts", in: 1...99)
        rules.ban = try parsed.duration("ban", in: .milliseconds(1) ... .seconds(86_400))
        rules.ipv6Prefix = try parsed.int("ban-ipv6-prefix", in: 1...128)
        self.rules = rules
        if let page = parsed.text("clock-page") {
            do {
                clock = Clock(page: try ClockPage(path: page))
            } catch {
                throw Unusable.because("--clock-page: \(page) is not usable: \(error)")
            }
        } else {
            clock = .system
        }
        let format: EventLog.Format = try parsed.choice("log-format")
        let level: Logger.Level = try parsed.choice("log-level")
        logger = EventLog.logger(level: level, format: format, clock: clock)
        directory = try GatekeeperOptions.directory(parsed, timeout)
    }

    private static func directory(_ parsed: ParsedOptions, _ timeout: Duration) throws -> DirectorySettings {
        let name = try parsed.requiredText("ldap-user-dn")
        guard let template = DistinguishedNameTemplate(name) else {
            throw Unusable.because("--ldap-user-dn: \(name) is not a distinguished name with %u for the user")
        }
        var encryption = DirectorySettings.Encryption.never
        if try parsed.choice("ldap-starttls", StartTLS.self) == .require {
            let authorities = parsed.text("ldap-ca-file") ?? systemAuthorities
            try checkAuthorities(authorities)
            encryption = .required(authorities: authorities)
        }
        return DirectorySettings(
            url: try parsed.requiredText("ldap-url"), userName: template, encryption: encryption, timeout: timeout)
    }

    /// libldap takes a file without a single certificate, and then trusts nobody.
    private static func checkAuthorities(_ path: String) throws {
        do {
            let file = try openNamedFile(path)
            let text = try readWhole(file.number, limit: try status(of: file.number).size)
            if String(decoding: text, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") { return }
        } catch {
            throw Unusable.because("--ldap-ca-file: \(path) cannot be read: \(error)")
        }
        throw Unusable.because("--ldap-ca-file: \(path) holds no certificate")
    }
}
