/// Directories that fail or deceive: no password leaves in clear, nobody is charged for it, nobody is let in.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `A directory that cannot be trusted` {
    private static let password = "token-5b1e-of-alice"

    private func hex(_ text: String) -> String {
        text.utf8.map { String($0 / 16, radix: 16) + String($0 % 16, radix: 16) }.joined()
    }

    /// Four logins, each refused in time and none counted, whatever the peer does.
    private func expectRefusals(_ world: ServerWorld, from source: String) throws {
        for _ in 1...4 { #expect(try world.login("alice", Self.password, from: source) == "ERR\n") }
        #expect(try !world.logged("ldap-error").isEmpty)
        let lines = world.stage.lastLogLines(1000)
        #expect(!lines.contains { $0.contains("ev=login-fail") || $0.contains("ev=ban ") }, "none was an attempt")
        #expect(try world.names(".gate/bans").isEmpty)
    }

    private func expectNoPassword(_ events: [String]) {
        #expect(!events.contains("bind"))
        #expect(!events.contains { $0.contains(hex(Self.password)) })
    }

    /// T8, T10
    @Test(arguments: ["refuse", "close", "garbage", "plain", "silent", "mute"])
    func `without a good StartTLS it gets no password`(mode: String) throws {
        let peer = try PeerDirectory(mode)
        try withServer(["ldap-url=\(peer.url)", "ldap-timeout=1s"]) { world in
            try expectRefusals(world, from: "127.0.0.61")
            let events = try peer.events()
            #expect(events.contains("connect"))
            #expect(mode == "silent" || events.contains("starttls"))
            expectNoPassword(events)
        }
    }

    /// The other tests' peer, with everything right: it sees a bind, so they could have seen one.
    @Test func `with the right certificate it gets the password, encrypted`() throws {
        try withServer { world in
            let peer = try PeerDirectory("tls", identity: try Certificates(of: world.directory).make(.right))
            try world.restart(["ldap-url=\(peer.url)"])
            #expect(try world.login("alice", Self.password, from: "127.0.0.62") == "OK\n")
            let events = try peer.events(to: "bind")
            #expect(!events.contains { $0.contains(hex(Self.password)) })
        }
    }

    /// T9, H24; with an environment that says never to mind.
    @Test(arguments: Certificates.Fault.allCases.filter { $0 != .right })
    private func `with a wrong certificate it gets no password, whatever the environment says`(
        fault: Certificates.Fault
    ) throws {
        try withServer { world in
            let peer = try PeerDirectory("tls", identity: try Certificates(of: world.directory).make(fault))
            let file = world.stage.folder + "/log/ldap.conf"
            try writeFile(file, Array("TLS_REQCERT never\n".utf8))
            let environment = "LDAPTLS_REQCERT=never LDAPTLS_CACERT=\(file) LDAPRC=\(file) LDAPCONF=\(file)"
            try world.restart(
                ["ldap-url=\(peer.url)", "ldap-timeout=5s"], launcher: "export \(environment); exec")
            try expectRefusals(world, from: "127.0.0.63")
            _ = try world.logged("ldap-error", "stage=starttls")
            let events = try peer.events()
            #expect(events.contains("starttls"))
            expectNoPassword(events)
        }
    }

    /// A connection that a firewall has forgotten: asked on it, nobody answers.
    @Test func `that goes silent on an open connection costs the time limit, and the next login dials anew`() throws {
        try withServer { world in
            let peer = try PeerDirectory("once", identity: try Certificates(of: world.directory).make(.right))
            try world.restart(["ldap-url=\(peer.url)", "ldap-timeout=1s"])
            for _ in 1...4 {
                #expect(try world.login("alice", Self.password, from: "127.0.0.64") == "OK\n")
                #expect(try world.login("alice", Self.password, from: "127.0.0.64") == "ERR\n")
            }
            #expect(try peer.events().filter { $0 == "connect" }.count >= 4)
        }
    }

    /// T10
    @Test(.enabled(if: FaultInjection.isPossible, "only root can give the server a name server of its own"))
    func `whose name is looked up for minutes costs the time limit`() throws {
        let names = try PeerDirectory("names")
        let folder = try makeTemporaryFolder("/tmp/tw-n")
        defer { try? removeTree(folder) }
        try writeFile(
            folder + "/resolv.conf", Array("nameserver \(names.address)\noptions timeout:30 attempts:5\n".utf8))
        let shell = "mount --bind \(folder)/resolv.conf /etc/resolv.conf && exec \\\"\\$0\\\" \\\"\\$@\\\""
        try withServer(
            ["ldap-url=ldap://directory.example", "ldap-timeout=500ms"],
            launcher: "exec unshare --mount sh -c \"\(shell)\""
        ) { world in
            try expectRefusals(world, from: "127.0.0.65")
            #expect(try names.events().contains("connect"))
        }
    }

    @Test func `that is restarted again and again under load bans nobody who is right`() throws {
        try withServer(["ldap-timeout=2s"]) { world in
            var (accepted, refused) = (0, 0)
            for _ in 1...3 {
                let crowd = try (1...10).map { try world.talk(from: "127.0.1.\($0)") }
                for (number, talk) in crowd.enumerated() {
                    if number == 5 { try world.directory.halt() }
                    try talk.say("LOGIN\nalice\nalice-secret\n")
                }
                try world.directory.resume()
                for talk in crowd {
                    let isAccepted = try talk.hear(bytes: 3) == Array("OK\n".utf8)
                    (accepted, refused) = (accepted + (isAccepted ? 1 : 0), refused + (isAccepted ? 0 : 1))
                }
                for talk in crowd.indices { try world.talk(from: "127.0.1.\(talk + 1)").login("alice") }
            }
            #expect(accepted + refused == 30)
            #expect(try world.names(".gate/bans").isEmpty)
            #expect(!world.stage.lastLogLines(1000).contains { $0.contains("ev=login-fail") })
        }
    }
}

/// Certificates by the throwaway directory's own authority, right and wrong.
private struct Certificates {
    enum Fault: String, CaseIterable, Sendable { case right, wrongHost, expired, notYet, otherAuthority }

    private let folder: String

    init(of directory: LDAPDirectory) { folder = directory.folder }

    func make(_ fault: Fault) throws -> (certificate: String, key: String) {
        let name = "\(folder)/\(fault.rawValue)"
        let host = fault == .wrongHost ? "DNS:directory.example,IP:127.0.0.2" : "IP:127.0.0.1"
        let dates =
            switch fault {
            case .expired: ("20000101000000Z", "20010101000000Z")
            case .notYet: ("20900101000000Z", "20990101000000Z")
            default: ("20000101000000Z", "20990101000000Z")
            }
        let authority =
            fault == .otherAuthority
            ? "-selfsign -keyfile \(name).key" : "-cert \(folder)/ca.pem -keyfile \(folder)/tls/ca.key"
        let script = """
            set -e; cd \(folder); mkdir \(name).d; touch \(name).d/index
            printf '[ca]\\ndefault_ca=d\\n[d]\\nnew_certs_dir=\(name).d\\ndatabase=\(name).d/index\\nserial=\(name).d/serial
            rand_serial=yes\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n[e]\\nsubjectAltName=\(host)\\n' >\(name).cnf
            openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=peer -keyout \(name).key -out \(name).csr
            openssl ca -config \(name).cnf -batch -notext -extensions e -startdate \(dates.0) -enddate \(dates.1) \\
                \(authority) -in \(name).csr -out \(name).pem
            """
        let output = try Spawn("/bin/sh", ["-c", script]).output()
        try #require(output.ending == .exited(0), "\(String(decoding: output.errors, as: UTF8.self))")
        return ("\(name).pem", "\(name).key")
    }
}
