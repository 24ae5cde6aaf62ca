/// One run: the servers are set up, take turns, and the table is printed.

import Options
import Posix
import SystemPackage
import World

struct Run {
    private let world: WorldGuard
    private let (root, parent): (String, String)
    private let json: String?
    private let rounds: Int
    private let duration: Duration
    private let isFull: Bool
    private let peer: TCPAddress?
    private let only: [String]

    init(_ parsed: ParsedOptions, _ world: WorldGuard) throws {
        self.world = world
        root = try parsed.requiredText("root")
        parent = try parsed.requiredText("folder")
        json = parsed.text("json")
        isFull = parsed.flag("full")
        rounds = parsed.isGiven("rounds") ? try parsed.int("rounds", in: 1...1000) : isFull ? 5 : 3
        peer = try parsed.text("peer").map { text throws(UsageError) in
            let parts = text.split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1]), let address = TCPAddress(String(parts[0]), port: port)
            else { throw parsed.refusal(of: "peer", allowed: "a numeric IPv4 address and a port") }
            return address
        }
        duration = try parsed.duration("time", in: .milliseconds(10) ... .seconds(600))
        only = parsed.texts("only")
    }

    func run() throws {
        let setting = try prepare()
        defer { setting.directory.end() }
        var report = Report(machine: Machine.description(folder: setting.folder), rounds: rounds)
        let measurements = Measurements(setting, duration, isFull: isFull)
        var contenders: [Contender] = []
        defer { contenders.forEach { $0.end() } }
        for kind in Contender.Kind.allCases {
            do {
                if let server = try enter(kind, setting, measurements) { contenders.append(server) }
            } catch {
                if kind.isOwn { throw error }
                report.absent.append((kind, "\(error)"))
            }
        }
        var lines = report.head
        let probes = try Probes.run(setting, contenders.first { $0.kind == .floor })
        let series = try measurements.all.filter { wanted($0.name) }.map { try measure($0, contenders, &lines) }
        var growth: [Growth] = []
        if wanted("growth"), let ours = contenders.first(where: { $0.kind == .plain }),
            let floor = contenders.first(where: { $0.kind == .floor })
        {
            say("measuring growth")
            growth = try measurements.growth(ours, floor: floor)
            for one in growth { lines += one.json }
        }
        if let json { try replaceFile(at: json, with: Array(lines.utf8).span) }
        let text = probes.map { "- \($0.name): \($0.value)\n" }.joined() + report.table(series)
        try writeAll(1, Array((text + (growth.isEmpty ? "" : Growth.table(growth))).utf8).span)
    }

    /// nil: a peer that nobody has named.
    private func enter(_ kind: Contender.Kind, _ setting: Setting, _ measurements: Measurements) throws -> Contender? {
        if kind == .peer {
            guard let peer else { return nil }
            let server = Contender(peer: peer, world)
            try measurements.prepare(server)
            return server
        }
        say("preparing \(kind.rawValue)")
        try makeSpool(kind, setting)
        let server = try Contender.start(kind, setting)
        do {
            try measurements.prepare(server)
        } catch {
            server.end()
            throw error
        }
        return server
    }

    private func wanted(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }

    /// Who comes first changes from round to round.
    private func measure(_ measurement: Measurement, _ contenders: [Contender], _ lines: inout String) throws -> Series
    {
        say("measuring \(measurement.name)")
        var series = Series(name: measurement.name)
        let servers = contenders.filter { measurement.kinds.contains($0.kind) }
        for round in 0..<rounds {
            for server in round % 2 == 0 ? servers : servers.reversed() {
                let sample = try measurement.run(server)
                series.samples[server.kind, default: []].append(sample)
                lines += Report.json(measurement.name, server.kind.rawValue, round: round, sample)
            }
        }
        return series
    }

    private func prepare() throws -> Setting {
        let folder = try makeTemporaryFolder(parent + "/twbench")
        world.watch(folder: folder)
        let products = root + "/.build/release"
        for name in ["twmailer-server", "twmailer-gatekeeper"] {
            try install("\(products)/\(name)", as: "\(folder)/\(name)")
        }
        let floor = folder + "/floor"
        let linked = floor + ".linked"
        let compiler = try Spawn("cc", ["-O2", "-static", "-o", linked, root + "/Benchmarks/floor.c"]).output()
        guard compiler.ending == .exited(0) else {
            throw WorldFailure.missing("cc cannot build the floor: \(String(decoding: compiler.errors, as: UTF8.self))")
        }
        try install(linked, as: floor)
        let ldif = root + "/Fixtures/ldif/users.ldif"
        let directory = try LDAPDirectory.start(
            script: root + "/scripts/start-slapd.sh", ldif: [ldif], allowingAnonymousBind: false, world: world)
        return Setting(
            world: world, directory: directory, passwords: Passwords(ldif: try readFile(ldif)), floor: floor,
            server: folder + "/twmailer-server", folder: folder)
    }

    /// What is measured is a copy, as an installed program is one. A linker writes its output piece by piece, and the
    /// page cache keeps it in small pieces: a child then faults its code in at half the speed.
    private func install(_ program: String, as copy: String) throws {
        guard isRunnable(program) else { throw WorldFailure.missing("\(program) is not there; run scripts/deep/bench") }
        guard try Spawn("cp", [program, copy]).output().ending == .exited(0) else {
            throw WorldFailure.broken("\(program) cannot be copied to \(copy)")
        }
    }

    private func makeSpool(_ kind: Contender.Kind, _ setting: Setting) throws {
        let spool = setting.spool(of: kind)
        try makeFolder(spool)
        for (user, mails) in Measurements.bigBoxes(kind) {
            try Mailboxes.fill(user, with: mails, from: Measurements.reader, spool: spool, kind: kind)
        }
    }
}
