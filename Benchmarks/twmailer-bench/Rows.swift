/// The lines of the table: which servers of a series are held against each other, and what the target is.

import Posix

struct Row: Sendable {
    enum Target: Sendable {
        /// Of a rate: ours divided by the baseline.
        case atLeast(Double)
        /// Of a time or a size.
        case atMost(Double)
        /// Of the value itself: for memory, which does not depend on the machine.
        case below(Double)
        case none

        func isMet(ratio: Double, value: Double) -> Bool? {
            switch self {
            case .atLeast(let limit): ratio >= limit
            case .atMost(let limit): ratio <= limit
            case .below(let limit): value <= limit
            case .none: nil
            }
        }

        var text: String {
            switch self {
            case .atLeast(let limit): "≥ \(limit)"
            case .atMost(let limit): "≤ \(limit)"
            case .below(let limit): "≤ \(limit) kB"
            case .none: ""
            }
        }
    }

    let title: String
    let series: String
    var value: @Sendable (Sample) -> Double = { $0.value }
    /// In each round the better of these counts.
    var baseline: [Contender.Kind] = [.floor]
    var subject = Contender.Kind.plain
    var target = Target.none
    /// It holds ours against a peer, whose figures stand in the line above.
    var isComparison = false

    /// The targets are those of docs/PERFORMANCE.md.
    static let all: [Row] = connections + [1, 10, 50].flatMap(sessions) + logins + sends + reads + idle

    private static func against(_ peers: [Contender.Kind], _ series: String, _ target: Target) -> Row {
        let name = peers.count == 1 ? peers[0].rawValue : "the best peer"
        return Row(title: "… against \(name)", series: series, baseline: peers, target: target, isComparison: true)
    }

    private static let connections: [Row] = [
        Row(title: "connect, QUIT, close; 10 clients: connections/s", series: "connection"),
        Row(
            title: "… the same: processor µs per connection", series: "connection",
            value: { $0.processor * 1e6 / Double(max(1, $0.operations)) }, target: .atMost(1.3)),
    ]

    private static func sessions(_ clients: Int) -> [Row] {
        let (isMain, series) = (clients == 10, "session \(clients)")
        return [
            Row(
                title: "session, \(clients) client\(clients == 1 ? "" : "s"): sessions/s", series: series,
                target: isMain ? .atLeast(0.85) : .none),
            Row(
                title: "… StartTLS against plain LDAP", series: series, baseline: [.plain], subject: .tls,
                target: isMain ? .atLeast(0.9) : .none),
            against([.dovecotFast], series, isMain ? .atLeast(2.5) : .none),
            against([.dovecot], series, isMain ? .atLeast(25) : .none),
            against([.peer], series, .none),
        ]
    }

    private static let logins = [
        Row(title: "LOGIN, 1 client, p50 ms", series: "session 1", value: { $0.half }, target: .atMost(1.25)),
        Row(title: "LOGIN, 1 client, p99 ms", series: "session 1", value: { $0.most }),
    ]

    private static let peers: [Contender.Kind] = [.dovecot, .dovecotFast, .postfix]

    private static let sends: [Row] = [
        Row(title: "SEND 1 KB, durable, 1 client: messages/s", series: "send 1 KB, 1"),
        Row(title: "SEND 1 KB, durable, 10 clients: messages/s", series: "send 1 KB, 10", target: .atLeast(0.85)),
        against(peers, "send 1 KB, 10", .atLeast(5)),
        against([.peer], "send 1 KB, 10", .none),
        Row(title: "SEND 10 KB, durable, 10 clients: messages/s", series: "send 10 KB, 10", target: .atLeast(0.85)),
        against(peers, "send 10 KB, 10", .atLeast(5)),
        Row(title: "SEND 10 MB, durable, ms", series: "send 10 MB", target: .atMost(1.2)),
        against(peers, "send 10 MB", .atMost(0.25)),
        Row(title: "SEND 1 GB, durable, ms", series: "send 1 GB", target: .atMost(1.3)),
    ]

    private static let reads: [Row] = [
        Row(
            title: "READ 10 MB, ms", series: "read 10 MB", baseline: [.floor, .floorSendfile], target: .atMost(1.11)),
        against([.dovecot, .dovecotFast], "read 10 MB", .atMost(0.2)),
        Row(title: "first LIST of 10,000 mails, ms", series: "list 10000", target: .atMost(2)),
        against([.dovecot, .dovecotFast], "list 10000", .atMost(0.025)),
        Row(title: "first LIST of 100,000 mails, ms", series: "list 100000", target: .atMost(2)),
        against([.dovecot, .dovecotFast], "list 100000", .atMost(0.025)),
    ]

    private static let idle: [Row] = [
        Row(title: "idle session, kB (PSS)", series: "idle session", target: .below(150)),
        Row(title: "idle session, kB of its own", series: "idle session", value: { $0.half }),
        Row(title: "idle session among 5,000, all alive, kB (PSS)", series: "idle 5000", target: .below(150)),
    ]

    /// Ours, or who else is asked for, divided by the best baseline, round by round.
    func ratios(_ series: Series, of kind: Contender.Kind? = nil) -> [Double] {
        let mine = series.values(kind ?? subject, value)
        let others = baseline.map { series.values($0, value) }
        return mine.indices.compactMap { round in
            let best = others.filter { round < $0.count }.map { $0[round] }
            let standard = isRate(series) ? best.max() : best.min()
            return standard.map { mine[round] / $0 }
        }
    }

    /// Of the kinds, the best median; nil when none of them took part.
    func best(_ kinds: [Contender.Kind], _ series: Series) -> Double? {
        let medians = kinds.filter { series.samples[$0] != nil }.map { median(series.values($0, value)) }
        return isRate(series) ? medians.max() : medians.min()
    }

    private func isRate(_ series: Series) -> Bool {
        Row.all.contains { $0.series == series.name && $0.title.hasSuffix("/s") } && !title.hasPrefix("… the same")
            && !title.contains(" ms")
    }
}
