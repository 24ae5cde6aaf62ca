/// The series: what is done to each server, and for how long.

import Posix
import World

struct Measurement {
    let name: String
    let kinds: [Contender.Kind]
    let run: (Contender) throws -> Sample
}

struct Measurements {
    let setting: Setting
    /// One run of a series that is measured by the number of operations in a time.
    let duration: Duration
    /// With what takes minutes.
    let isFull: Bool

    static let reader = "alice"
    static let students = (1...50).map(name)
    static let users = students + [reader] + boxes.map(\.user)
    static let boxes = [(user: "bob", mails: 10_000), (user: "carol", mails: 100_000)]
    static let mails = 10
    static let subject = "one of ten mails"
    static let bigText = mailText(10_000_000)
    private static let hugeText = mailText(1_000_000_000)
    private static let ours: [Contender.Kind] = [.floor, .plain]
    private static let dovecots: [Contender.Kind] = [.dovecot, .dovecotFast]

    init(_ setting: Setting, _ duration: Duration, isFull: Bool) {
        (self.setting, self.duration, self.isFull) = (setting, duration, isFull)
    }

    /// Filled before the server starts.
    static func bigBoxes(_ kind: Contender.Kind) -> [(user: String, mails: Int)] {
        ours.contains(kind) || kind.isDovecot ? boxes : []
    }

    var all: [Measurement] {
        let (ours, dovecots) = (Measurements.ours, Measurements.dovecots)
        var all = [
            Measurement(name: "connection", kinds: ours) { server in
                try rate(server, Workload(turns: (0..<10).map { _ in [[.quit]] }))
            }
        ]
        for clients in [1, 10, 50] {
            all.append(
                Measurement(name: "session \(clients)", kinds: ours + [.tls] + dovecots + [.peer]) { server in
                    try rate(server, sessions(clients, server))
                })
        }
        for (name, size, clients) in [("1 KB, 1", 1000, 1), ("1 KB, 10", 1000, 10), ("10 KB, 10", 10_000, 10)] {
            all.append(
                Measurement(name: "send \(name)", kinds: ours + dovecots + [.postfix, .peer]) { server in
                    try rate(server, sending(mailText(size), clients, series: "r\(size).\(clients)", server))
                })
        }
        all.append(
            Measurement(name: "send 10 MB", kinds: ours + dovecots + [.postfix]) { server in
                try time(server, sending(Measurements.bigText, 1, series: "big", server), turns: 3)
            })
        if isFull {
            all.append(
                Measurement(name: "send 1 GB", kinds: ours) { server in
                    defer { forget("huge", server) }
                    return try time(server, sending(Measurements.hugeText, 1, series: "huge", server), turns: 1)
                })
        }
        all.append(
            Measurement(name: "read 10 MB", kinds: [.floor, .floorSendfile, .plain] + dovecots) { server in
                try time(server, reading(server), turns: 15)
            })
        for (user, mails) in Measurements.boxes {
            all.append(
                Measurement(name: "list \(mails)", kinds: ours + dovecots) { server in
                    try time(server, listing(user, mails, server), turns: server.kind.isDovecot ? 5 : 15)
                })
        }
        all.append(Measurement(name: "idle session", kinds: ours) { try memory($0, sessions: 100) })
        if isFull { all.append(Measurement(name: "idle 5000", kinds: ours) { try memory($0, sessions: 5000) }) }
        return all
    }

    // MARK: Measuring

    func rate(_ server: Contender, _ workload: Workload) throws -> Sample {
        try measured(server) {
            try Load(server: workload.at ?? server.server, workload: workload).run(for: duration)
        } value: {
            Double($0.operations) / $0.seconds
        }
    }

    func time(_ server: Contender, _ workload: Workload, turns: Int) throws -> Sample {
        try measured(server) {
            try Load(server: workload.at ?? server.server, workload: workload).run(turns: turns)
        } value: {
            median($0.times.exchanges) * 1000
        }
    }

    private func measured(
        _ server: Contender, _ run: () throws -> Load.Result, value: (Load.Result) -> Double
    ) throws -> Sample {
        let meter = Meter(server.process, directory: setting.directory.process)
        let result = try run()
        let used = meter.read()
        let times = result.times.exchanges.isEmpty ? result.times.turns : result.times.exchanges
        return Sample(
            value: value(result), operations: result.operations, seconds: result.seconds,
            half: percentile(times, 0.5) * 1000, most: percentile(times, 0.99) * 1000, processor: used.server,
            directory: used.directory, foreign: used.foreign)
    }

    /// What a session that has logged in and waits costs, on average; all of them must answer at the end.
    private func memory(_ server: Contender, sessions: Int) throws -> Sample {
        let members = { server.process.map { ProcessTree.of(group: $0).alive } ?? [] }
        let before = Set(members())
        let clients = (0..<sessions).map { index in
            Client(
                server.server, from: Load.source(index), opening: [login(Measurements.students[index % 50])],
                turns: [[.quit]])
        }
        func proceed(_ client: Client) throws {
            try client.start(at: Clock.system.now())
            while let need = try client.proceed() {
                _ = try Clock.system.wait(
                    for: need == .readable ? .readable : .writable, on: client.descriptor,
                    until: Clock.system.now() + .seconds(10))
            }
        }
        for client in clients { try proceed(client) }
        let sizes = members().filter { !before.contains($0) }.prefix(100).compactMap(Usage.memory)
        for client in clients { try proceed(client) }
        let count = Double(max(1, sizes.count))
        return Sample(
            value: sizes.map(\.share).reduce(0, +) / count, half: sizes.map(\.anonymous).reduce(0, +) / count, most: 0)
    }

    /// A gigabyte a round would fill the disk.
    private func forget(_ series: String, _ server: Contender) {
        for number in 0..<4 { try? removeTree("\(server.spool)/\(series).\(number)") }
    }
}
