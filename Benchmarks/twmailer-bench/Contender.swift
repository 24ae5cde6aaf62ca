/// A server that takes part: the floor, ours or a peer, in a spool of its own.

import Posix
import SystemPackage
import World

/// How it is started and where it listens; ended by `end`, or by the guard when the benchmark dies.
final class Contender {
    enum Kind: String, CaseIterable {
        case floor
        /// The floor that answers READ by sendfile(2).
        case floorSendfile = "floor, sendfile"
        case plain = "ours, plain LDAP"
        case tls = "ours, StartTLS"
        case dovecot = "Dovecot"
        case dovecotFast = "Dovecot, high-performance"
        case postfix = "Postfix"
        /// Any TW-Mailer that the user names and has started.
        case peer

        var isFloor: Bool { self == .floor || self == .floorSendfile }
        /// Started by us, and speaking TW-Mailer's protocol.
        var isOwn: Bool { isFloor || self == .plain || self == .tls }
        var isDovecot: Bool { self == .dovecot || self == .dovecotFast }
    }

    let kind: Kind
    /// nil: not started by us.
    let process: ProcessID?
    /// Where TW-Mailer's protocol is spoken.
    let server: TCPAddress
    /// Where others are.
    let wires: [Wire: TCPAddress]
    let spool: String
    private let world: WorldGuard
    /// The floor ends when this does.
    private var lifeline: Pipe?

    private init(
        _ kind: Kind, _ process: ProcessID, port: UInt16, spool: String, _ world: WorldGuard,
        _ lifeline: consuming Pipe?
    ) {
        (self.kind, self.process, self.spool, self.world) = (kind, process, spool, world)
        server = TCPAddress("127.0.0.1", port: port)!
        wires = [:]
        self.lifeline = consume lifeline
    }

    init(_ kind: Kind, _ process: ProcessID, _ wires: [Wire: TCPAddress], spool: String, _ world: WorldGuard) {
        (self.kind, self.process, self.wires, self.spool, self.world) = (kind, process, wires, spool, world)
        server = wires.values.first!
    }

    init(peer server: TCPAddress, _ world: WorldGuard) {
        (kind, process, wires, spool, self.server, self.world) = (.peer, nil, [:], "", server, world)
    }

    /// Listens already when this returns. Its spool holds what `spool` has been given before.
    static func start(_ kind: Kind, _ setting: Setting) throws -> Contender {
        let spool = setting.spool(of: kind)
        if !kind.isOwn { return try Peers.start(kind, setting) }
        return kind.isFloor ? try startFloor(kind, spool, setting) : try startOurs(kind, spool, setting)
    }

    private static func startFloor(_ kind: Kind, _ spool: String, _ setting: Setting) throws -> Contender {
        let lifeline = try Pipe.make()
        let answer = try Pipe.make()
        let directoryPort = setting.directory.url.split(separator: ":").last.map { $0.filter(\.isNumber) } ?? ""
        var spawn = Spawn(
            setting.floor, ["0", spool, directoryPort, kind == .floorSendfile ? "sendfile" : "read"])
        spawn.descriptors = [0: lifeline.reading.number, 1: answer.writing.number, 2: 2]
        spawn.ownGroup = true
        let process = try spawn.start()
        setting.world.watch(group: process)
        let reading = answer.intoReading()
        let words = try readWhole(reading.number, until: 10)
        guard let port = UInt16(String(decoding: words, as: UTF8.self)) else {
            throw WorldFailure.broken("the floor does not listen")
        }
        return Contender(kind, process, port: port, spool: spool, setting.world, lifeline)
    }

    private static func startOurs(_ kind: Kind, _ spool: String, _ setting: Setting) throws -> Contender {
        let (folder, portFile) = (spool + ".log", spool + ".log/port")
        try makeFolder(folder)
        let log = try Posix.Directory.open(path: folder).create("log", .append, exclusive: false)
        // The standard limits protect a server from what a benchmark does on purpose.
        let limits = ["sessions", "sessions-per-ip", "pre-login"].flatMap { ["--max-\($0)", "10000"] }
        let login = [
            "--ldap-url", setting.directory.url, "--ldap-ca-file", setting.directory.caFile, "--ldap-starttls",
            kind == .tls ? "require" : "never",
        ]
        var spawn = Spawn(
            setting.server, ["0", spool, "--listen", "127.0.0.1", "--port-file", portFile] + limits + login)
        spawn.descriptors = [1: log.number, 2: log.number]
        spawn.ownGroup = true
        let watch = try FolderWatch.start(folder)
        let process = try spawn.start()
        setting.world.watch(group: process)
        let deadline = Clock.system.now() + .seconds(20)
        while Clock.system.now() < deadline {
            let text = (try? readFile(portFile)).map { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
            if let port = text.flatMap({ UInt16($0) }) {
                return Contender(kind, process, port: port, spool: spool, setting.world, nil)
            }
            if try process.ended() != nil { break }
            _ = try watch.changed(until: min(deadline, Clock.system.now() + .milliseconds(100)))
        }
        let words = String(decoding: (try? readFile(folder + "/log")) ?? [], as: UTF8.self)
        throw WorldFailure.broken("\(setting.server) does not start: \(words)")
    }

    func end() {
        lifeline = nil
        guard let process else { return }
        _ = try? process.send(signal: Signals.terminate)
        _ = try? process.wait()
        world.forget(group: process)
    }
}

/// Where everything is that a server needs.
struct Setting {
    let world: WorldGuard
    let directory: LDAPDirectory
    let passwords: Passwords
    /// Executables.
    let (floor, server): (String, String)
    /// A folder on the file system that is measured.
    let folder: String

    func spool(of kind: Contender.Kind) -> String {
        folder + "/spool-" + kind.rawValue.filter(\.isLetter)
    }
}

/// The first line of what a descriptor gives, without its end.
private func readWhole(_ descriptor: Int32, until end: UInt8) throws(Errno) -> [UInt8] {
    var (bytes, byte): ([UInt8], [UInt8]) = ([], [0])
    while try read(descriptor, into: &byte, at: 0..<1) == 1, byte[0] != end { bytes += byte }
    return bytes
}
