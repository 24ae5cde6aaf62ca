/// The series: what is done to each server, and for how long.

import Posix
import TestWorld

struct Measurement {
    let name: String
    let kinds: [Contender.Kind]
    let run: (Contender) throws -> Sample
}

struct Measurements {
    let setting: Setting
    /// One run of a series that is measured by the number of operations in a time.
    let duration: Duration

    static let reader = "alice"
    private static let boxes = [(user: "bob", mails: 10_000), (user: "carol", mails: 100_000)]
    private static let mails = 10
    private static let subject = "one of ten mails"
    private static let big = 10_000_000
    private let bigText = mailText(big)
    private static let ours: [Contender.Kind] = [.floor, .plain]

    init(_ setting: Setting, _ duration: Duration) { (self.setting, self.duration) = (setting, duration) }

    /// Filled before the server starts.
    static func bigBoxes(_ kind: Contender.Kind) -> [(user: String, mails: Int)] { ours.contains(kind) ? boxes : [] }

    var all: [Measurement] {
        var all = [
            Measurement(name: "connection", kinds: Measurements.ours) { server in
                try rate(server, Workload(turns: (0..<10).map { _ in [[.quit]] }))
            }
        ]
        for clients in [1, 10, 50] {
            all.append(
                Measurement(name: "session \(clients)", kinds: [.floor, .plain, .tls]) { server in
                    try rate(server, sessions(clients))
                })
        }
        for (name, size, clients) in [("1 KB, 1", 1000, 1), ("1 KB, 10", 1000, 10), ("10 KB, 10", 10_000, 10)] {
            all.append(
                Measurement(name: "send \(name)", kinds: Measurements.ours) { server in
                    try rate(server, sending(mailText(size), clients, series: "r\(size).\(clients)"))
                })
        }
        all.append(
            Measurement(name: "send 10 MB", kinds: Measurements.ours) { server in
                try time(server, sending(bigText, 1, series: "big"), turns: 3)
            })
        all.append(
            Measurement(name: "read 10 MB", kinds: [.floor, .floorSendfile, .plain]) { server in
                try time(server, reading(), turns: 15)
            })
        for (user, mails) in Measurements.boxes {
            let listing = Exchange.list(Mailboxes.listing(mails), isTimed: true)
            all.append(
                Measurement(name: "list \(mails)", kinds: Measurements.ours) { server in
                    try time(server, Workload(turns: [[[login(user), listing, .quit]]]), turns: 15)
                })
        }
        all.append(Measurement(name: "idle session", kinds: Measurements.ours) { try memory($0) })
        return all
    }

    /// Mail for the sessions' LIST and for READ, and one LIST of each big mailbox.
    func prepare(_ server: Contender) throws {
        let text = mailText(1000)
        let turns = (1...10).map { client in
            (0..<5).map { 10 * $0 + client }.flatMap { user in
                (0..<Measurements.mails).map { _ in
                    [Exchange.send(to: name(user), subject: Measurements.subject, text: text)]
                }
            }
        }
        let opening = (1...10).map { [login(name($0))] }
        _ = try Load(server: server.server, workload: Workload(opening: opening, turns: turns)).run(turns: 50)
        let big = Exchange.send(to: Measurements.reader, subject: "big", text: bigText)
        let first = Measurements.bigBoxes(server.kind).map { box in
            [login(box.user), Exchange.list(Mailboxes.listing(box.mails)), .quit]
        }
        _ = try Load(server: server.server, workload: Workload(turns: [[[login(name(1)), big, .quit]] + first])).run(
            turns: 1 + first.count)
    }

    // MARK: Workloads

    private func name(_ number: Int) -> String {
        let digits = String(number)
        return "if23b" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private func login(_ user: String, isTimed: Bool = false) -> Exchange {
        .login(user, setting.passwords[user] ?? [], isTimed: isTimed)
    }

    /// LOGIN, LIST of ten, QUIT; four users for each client.
    private func sessions(_ clients: Int) -> Workload {
        let line = Array((Measurements.subject + "\n").utf8)
        let listing = Array("\(Measurements.mails)\n".utf8) + (0..<Measurements.mails).flatMap { _ in line }
        return Workload(
            turns: (0..<clients).map { client in
                (0..<4).map { [login(name(1 + (client * 4 + $0) % 50), isTimed: true), .list(listing), .quit] }
            })
    }

    /// To four receivers for each client.
    private func sending(_ text: [UInt8], _ clients: Int, series: String) -> Workload {
        Workload(
            opening: (0..<clients).map { [login(name(1 + $0))] },
            turns: (0..<clients).map { client in
                (0..<4).map {
                    [.send(to: "\(series).\(client * 4 + $0)", subject: "a mail of the benchmark", text: text)]
                }
            })
    }

    private func reading() -> Workload {
        let mail = Exchange.read(1, sender: name(1), receiver: Measurements.reader, subject: "big", text: bigText)
        return Workload(
            opening: [[login(Measurements.reader), .list(Array("1\nbig\n".utf8))]], turns: [[[mail]]])
    }

    // MARK: Measuring

    private func rate(_ server: Contender, _ workload: Workload) throws -> Sample {
        try measured(server) {
            try Load(server: server.server, workload: workload).run(for: duration)
        } value: {
            Double($0.operations) / $0.seconds
        }
    }

    private func time(_ server: Contender, _ workload: Workload, turns: Int) throws -> Sample {
        try measured(server) {
            try Load(server: server.server, workload: workload).run(turns: turns)
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

    /// What a session that has logged in and waits costs, on average of a hundred.
    private func memory(_ server: Contender) throws -> Sample {
        let before = Set(ProcessTree.of(group: server.process).alive)
        let clients = (0..<100).map { index in
            Client(server.server, from: Load.source(index), opening: [login(name(1 + index % 50))], turns: [])
        }
        for client in clients {
            try client.start(at: Clock.system.now())
            while let need = try client.proceed() {
                _ = try Clock.system.wait(
                    for: need == .readable ? .readable : .writable, on: client.descriptor,
                    until: Clock.system.now() + .seconds(10))
            }
        }
        // The connections must outlive the look at their sessions.
        let sizes = withExtendedLifetime(clients) {
            ProcessTree.of(group: server.process).alive.filter { !before.contains($0) }.compactMap(Usage.memory)
        }
        let count = Double(max(1, sizes.count))
        return Sample(
            value: sizes.map(\.share).reduce(0, +) / count, half: sizes.map(\.anonymous).reduce(0, +) / count, most: 0)
    }
}
