/// Dovecot and Postfix, each in a private folder and on free ports, started for the benchmark and stopped by it.

import Posix
import SystemPackage
import World

enum Peers {
    /// Why it does not take part.
    struct Absent: Error, CustomStringConvertible { let description: String }

    static func start(_ kind: Contender.Kind, _ setting: Setting) throws -> Contender {
        guard effectiveUser() == 0 else { throw Absent(description: "it needs root") }
        return kind == .postfix ? try startPostfix(setting) : try startDovecot(kind, setting)
    }

    static func version(_ program: String, _ arguments: [String]) -> String? {
        guard let output = try? Spawn(program, arguments).output(), output.ending == .exited(0) else { return nil }
        return String(decoding: output.text.prefix { $0 != 10 }, as: UTF8.self)
    }

    // MARK: Dovecot

    private static func startDovecot(_ kind: Contender.Kind, _ setting: Setting) throws -> Contender {
        guard let version = version("dovecot", ["--version"]) else {
            throw Absent(description: "dovecot is not installed")
        }
        guard version.hasPrefix("2.3.") else {
            throw Absent(description: "dovecot \(version) has other settings than 2.3")
        }
        for part in ["pop3", "imap", "lmtp"] where !isRunnable("/usr/lib/dovecot/\(part)") {
            throw Absent(description: "dovecot-\(part)d is not installed")
        }
        let folder = setting.spool(of: kind) + ".peer"
        let ports = (pop3: try freePort(), imap: try freePort(), lmtp: try freePort())
        try makeFolder(folder)
        let mail = setting.spool(of: kind)
        let users = Measurements.users.map { "\($0):{PLAIN}\(word(setting.passwords[$0]))\n" }
        try writeFile(folder + "/users", Array(users.joined().utf8))
        // The high-performance mode of Dovecot's manual: login processes serve many clients, mail processes are kept.
        let fast = kind == .dovecotFast
        let login = fast ? "service_count = 0\n  process_min_avail = \(Usage.processors)" : ""
        let worker = fast ? "service_count = 1000\n  process_min_avail = \(Usage.processors)" : ""
        let settings = """
            base_dir = \(folder)/run
            state_dir = \(folder)/state
            log_path = \(folder)/log
            protocols = pop3 imap lmtp
            listen = 127.0.0.1
            ssl = no
            disable_plaintext_auth = no
            first_valid_uid = 1
            mail_location = maildir:\(mail)/%n
            mail_max_userip_connections = 0
            default_process_limit = 1000
            default_client_limit = 5000
            passdb {
              driver = passwd-file
              args = scheme=PLAIN \(folder)/users
            }
            userdb {
              driver = static
              args = uid=mail gid=mail home=\(mail)/%n allow_all_users=yes
            }
            service pop3-login {
              \(login)
              inet_listener pop3 {
                port = \(ports.pop3)
              }
              inet_listener pop3s {
                port = 0
              }
            }
            service imap-login {
              \(login)
              inet_listener imap {
                port = \(ports.imap)
              }
              inet_listener imaps {
                port = 0
              }
            }
            service pop3 {
              \(worker)
            }
            service imap {
              \(worker)
            }
            service lmtp {
              \(fast ? "process_min_avail = \(Usage.processors)" : "")
              inet_listener lmtp {
                port = \(ports.lmtp)
              }
            }

            """
        try writeFile(folder + "/dovecot.conf", Array(settings.utf8))
        guard try Spawn("chmod", ["755", folder]).output().ending == .exited(0),
            try Spawn("chmod", ["644", folder + "/users"]).output().ending == .exited(0)
        else { throw Absent(description: "its folder cannot be opened to its user") }
        try give(folder: mail)
        var spawn = Spawn("dovecot", ["-F", "-c", folder + "/dovecot.conf"])
        spawn.ownGroup = true
        let process = try spawn.start()
        setting.world.watch(group: process)
        let addresses = [Wire.pop3: ports.pop3, .imap: ports.imap, .lmtp: ports.lmtp]
            .mapValues { TCPAddress("127.0.0.1", port: $0)! }
        for address in addresses.values { try waitUntilListening(address, log: folder + "/log") }
        return Contender(kind, process, addresses, spool: mail, setting.world)
    }

    /// Dovecot refuses to serve mail as root.
    static func give(folder: String) throws {
        guard try Spawn("chown", ["-R", "mail:mail", folder]).output().ending == .exited(0),
            try Spawn("chmod", ["755", folder.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }]).output()
                .ending == .exited(0)
        else { throw Absent(description: "the mail folder cannot be given to the user mail") }
    }

    // MARK: Postfix

    /// Mail is taken into the queue, durably, and then thrown away.
    private static func startPostfix(_ setting: Setting) throws -> Contender {
        guard version("postconf", ["-d", "mail_version"]) != nil else {
            throw Absent(description: "postfix is not installed")
        }
        guard let services = try? readFile("/usr/share/postfix/master.cf.dist") else {
            throw Absent(description: "postfix came without its master.cf.dist")
        }
        let folder = setting.spool(of: .postfix) + ".peer"
        let port = try freePort()
        for name in ["", "/etc", "/data", "/queue"] { try makeFolder(folder + name) }
        let settings = """
            compatibility_level = 3.6
            queue_directory = \(folder)/queue
            data_directory = \(folder)/data
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = bench.localdomain
            mydestination =
            local_recipient_maps =
            alias_maps =
            mynetworks = 127.0.0.0/8
            relay_domains = bench.invalid
            relay_transport = discard:
            default_transport = discard:
            smtpd_recipient_restrictions = permit_mynetworks, reject
            smtpd_client_connection_count_limit = 0
            smtpd_peername_lookup = no
            message_size_limit = 0
            mailbox_size_limit = 0
            maillog_file = \(folder)/log
            maillog_file_prefixes = \(folder)

            """
        try writeFile(folder + "/etc/main.cf", Array(settings.utf8))
        let lines = services.split(separator: 10, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let master = lines.map { line in
            line.hasPrefix("smtp ") && line.hasSuffix("smtpd") ? "\(port)" + line.dropFirst(4) : line
        }
        try writeFile(folder + "/etc/master.cf", Array(master.joined(separator: "\n").utf8))
        guard try Spawn("chown", ["postfix", folder + "/data"]).output().ending == .exited(0),
            try Spawn("chmod", ["755", setting.folder, folder, folder + "/etc", folder + "/queue"]).output().ending
                == .exited(0)
        else { throw Absent(description: "its folder cannot be given to the user postfix") }
        // master in the foreground, as the benchmark's own child, once the queue's folders are made.
        guard try Spawn("postfix", ["-c", folder + "/etc", "check"]).output().ending == .exited(0) else {
            throw Absent(description: "postfix check finds fault with its folder")
        }
        var spawn = Spawn("/usr/lib/postfix/sbin/master", ["-d", "-c", folder + "/etc"])
        spawn.environment = processEnvironment().merging(["MAIL_CONFIG": folder + "/etc"]) { $1 }
        spawn.ownGroup = true
        let process = try spawn.start()
        setting.world.watch(group: process)
        let address = TCPAddress("127.0.0.1", port: port)!
        try waitUntilListening(address, log: folder + "/log")
        return Contender(.postfix, process, [.smtp: address], spool: folder, setting.world)
    }

    // MARK: Both

    /// Nobody else takes it in the moment that it stays free: the kernel gives such ports out in turn.
    private static func freePort() throws -> UInt16 {
        let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        return try Sockets.localAddress(listener.number).port
    }

    private static func waitUntilListening(_ address: TCPAddress, log: String) throws {
        let deadline = Clock.system.now() + .seconds(20)
        while Clock.system.now() < deadline {
            if (try? Sockets.connect(address, nonblocking: false)) != nil { return }
            var none: [PollEntry] = []
            _ = try Clock.system.poll(&none, until: Clock.system.now() + .milliseconds(50))
        }
        throw Absent(
            description: "it does not listen: " + word((try? readFile(log)).map { $0.suffix(300) }.map(Array.init)))
    }

    private static func word(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }
}
