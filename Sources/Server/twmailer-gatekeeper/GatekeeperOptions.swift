/// The gatekeeper's options, read into what they mean.

import EventLog
import LDAPBind
import Logging
import MailCore
import Options
import Posix

struct GatekeeperOptions {
    /// The options are well formed and cannot work: exit 78.
    enum Unusable: Error { case because(String) }

    let state: String
    let directory: DirectorySettings
    let rules: BanRules
    let timeout: Duration
    let clock: Clock
    /// Its path, if there is one.
    let clockPage: [String]
    let logger: Logger

    /// Where Debian and Ubuntu keep the CA certificates that everybody trusts (package ca-certificates).
    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    static let commandLine = CommandLineSpec(
        program: "twmailer-gatekeeper", version: productVersion,
        summary: "Decides logins for twmailer-server, which starts it. Do not start it by hand.",
        options: [
            Option(flag: "check", "Connect to the directory, print the result, and exit."),
            Option(flag: "check-state", "Print the stored attempts and bans, change nothing, and exit."),
            Option("state", value: "DIR", "The folder with attempts and bans; created if it is missing."),
        ] + LoginOptions.all)

    init(_ parsed: ParsedOptions) throws {
        state = try parsed.requiredText("state")
        let login = try LoginOptions(parsed)
        timeout = login.timeout
        var rules = BanRules()
        (rules.attempts, rules.ban, rules.ipv6Prefix) = (login.attempts, login.ban, login.ipv6Prefix)
        self.rules = rules
        clockPage = [parsed.text("clock-page")].compactMap(\.self)
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
        directory = try GatekeeperOptions.directory(parsed, login)
    }

    private static func directory(_ parsed: ParsedOptions, _ login: LoginOptions) throws -> DirectorySettings {
        let name = try parsed.requiredText("ldap-user-dn")
        guard let template = DistinguishedNameTemplate(name) else {
            throw Unusable.because("--ldap-user-dn: \(name) is not a distinguished name with %u for the user")
        }
        var encryption = DirectorySettings.Encryption.never
        if login.startTLS == .require {
            let authorities = parsed.text("ldap-ca-file") ?? systemAuthorities
            try checkAuthorities(authorities)
            encryption = .required(authorities: authorities)
        }
        return DirectorySettings(
            url: try parsed.requiredText("ldap-url"), userName: template, encryption: encryption, timeout: login.timeout
        )
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
