/// The lines of the table: which servers of a series are held against each other, and what the target is.

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
    let value: @Sendable (Sample) -> Double
    /// In each round the better of these counts.
    var baseline: [Contender.Kind] = [.floor]
    var subject = Contender.Kind.plain
    let target: Target

    /// The targets are those of docs/PERFORMANCE.md.
    static let all: [Row] = connections + [1, 10, 50].flatMap(sessions) + mail

    private static let connections: [Row] = [
        Row(
            title: "connect, QUIT, close; 10 clients: connections/s", series: "connection", value: { $0.value },
            target: .none),
        Row(
            title: "… the same: processor µs per connection", series: "connection",
            value: { $0.processor * 1e6 / Double(max(1, $0.operations)) }, target: .atMost(1.3)),
    ]

    private static func sessions(_ clients: Int) -> [Row] {
        [
            Row(
                title: "session, plain LDAP, \(clients) clients: sessions/s", series: "session \(clients)",
                value: { $0.value },
                target: clients == 10 ? .atLeast(0.85) : .none),
            Row(
                title: "session, StartTLS against plain, \(clients) clients: sessions/s", series: "session \(clients)",
                value: { $0.value }, baseline: [.plain], subject: .tls, target: clients == 10 ? .atLeast(0.9) : .none),
        ]
    }

    private static let mail: [Row] = [
        Row(title: "LOGIN, 1 client, p50 ms", series: "session 1", value: { $0.half }, target: .atMost(1.25)),
        Row(title: "LOGIN, 1 client, p99 ms", series: "session 1", value: { $0.most }, target: .none),
        Row(
            title: "SEND 1 KB, durable, 1 client: messages/s", series: "send 1 KB, 1", value: { $0.value },
            target: .none),
        Row(
            title: "SEND 1 KB, durable, 10 clients: messages/s", series: "send 1 KB, 10", value: { $0.value },
            target: .atLeast(0.85)),
        Row(
            title: "SEND 10 KB, durable, 10 clients: messages/s", series: "send 10 KB, 10", value: { $0.value },
            target: .atLeast(0.85)),
        Row(title: "SEND 10 MB, durable, ms", series: "send 10 MB", value: { $0.value }, target: .atMost(1.2)),
        Row(
            title: "READ 10 MB, ms", series: "read 10 MB", value: { $0.value }, baseline: [.floor, .floorSendfile],
            target: .atMost(1.11)),
        Row(title: "first LIST of 10,000 mails, ms", series: "list 10000", value: { $0.value }, target: .atMost(2)),
        Row(title: "first LIST of 100,000 mails, ms", series: "list 100000", value: { $0.value }, target: .atMost(2)),
        Row(title: "idle session, kB (PSS)", series: "idle session", value: { $0.value }, target: .below(150)),
        Row(title: "idle session, kB of its own", series: "idle session", value: { $0.half }, target: .none),
    ]

    /// Ours divided by the best baseline, round by round.
    func ratios(_ series: Series) -> [Double] {
        let mine = series.values(subject, value)
        let others = baseline.map { series.values($0, value) }
        return mine.indices.compactMap { round in
            let best = others.filter { round < $0.count }.map { $0[round] }
            let standard = isRate ? best.max() : best.min()
            return standard.map { mine[round] / $0 }
        }
    }

    /// The baseline's median: of the best where there are several.
    func standard(_ series: Series) -> Double {
        let medians = baseline.map { median(series.values($0, value)) }
        return (isRate ? medians.max() : medians.min()) ?? .nan
    }

    private var isRate: Bool { title.hasSuffix("/s") }
}
