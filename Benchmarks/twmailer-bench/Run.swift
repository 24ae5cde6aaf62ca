/// One run: the servers are set up, take turns, and the table is printed.

import Options
import Posix
import SystemPackage
import TestWorld

struct Run {
    private let world: WorldGuard
    private let (root, parent): (String, String)
    private let json: String?
    private let rounds: Int
    private let duration: Duration
    private let only: [String]

    init(_ parsed: ParsedOptions, _ world: WorldGuard) throws {
        self.world = world
        root = try parsed.requiredText("root")
        parent = try parsed.requiredText("folder")
        json = parsed.text("json")
        rounds = try parsed.int("rounds", in: 1...1000)
        duration = try parsed.duration("time", in: .milliseconds(10) ... .seconds(600))
        only = parsed.texts("only")
    }

    func run() throws {
        let setting = try prepare()
        defer { setting.directory.end() }
        let report = Report(machine: Machine.description(folder: setting.folder), rounds: rounds)
        let measurements = Measurements(setting, duration)
        let contenders = try Contender.Kind.allCases.map { kind in
            try makeSpool(kind, setting)
            let server = try Contender.start(kind, setting)
            say("preparing \(kind.rawValue)")
            try measurements.prepare(server)
            return server
        }
        defer { contenders.forEach { $0.end() } }
        var lines = report.head
        let series = try measurements.all.filter { wanted($0.name) }.map { try measure($0, contenders, &lines) }
        if let json { try replaceFile(at: json, with: Array(lines.utf8).span) }
        try writeAll(1, Array(report.table(series).utf8).span)
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
                lines += Report.json(measurement.name, server.kind, round: round, sample)
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
        guard isRunnable(program) else { throw WorldFailure.missing("\(program) is not there; run scripts/bench") }
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
