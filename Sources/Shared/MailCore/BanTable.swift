/// The table behind the ban policy: per address either a ban or its users' counters, never too many.

struct BanTable: Sendable {
    struct Counter: Sendable {
        var failures = 0
        /// Charged, and not yet answered.
        var asked: Set<AttemptID> = []
        /// Not yet charged: each waits until one of `asked` is answered.
        var queue: [AttemptID] = []
        /// When the last attempt was charged.
        var last: Duration

        var charges: Int { failures + asked.count }
        var isIdle: Bool { asked.isEmpty && queue.isEmpty }
    }

    private enum Source {
        case banned(until: Duration)
        /// Never empty.
        case counting([Username?: Counter])
    }

    let rules: BanRules
    private var sources: [ClientAddress: Source] = [:]
    private var count = (v4: 0, v6: 0)
    /// At least when the first entry ends; at most once a second.
    private(set) var nextSweep: Duration?

    init(rules: BanRules) { self.rules = rules }

    func banEnd(of address: ClientAddress) -> Duration? {
        if case .banned(let until)? = sources[address] { until } else { nil }
    }

    func counters(of address: ClientAddress) -> [Username?: Counter] {
        if case .counting(let counters)? = sources[address] { counters } else { [:] }
    }

    /// nil forgets; a banned address has no counters, and none can be set.
    subscript(pair: LoginPair) -> Counter? {
        get { counters(of: pair.address)[pair.user] }
        set {
            guard banEnd(of: pair.address) == nil else { return }
            var counters = counters(of: pair.address)
            let before = counters.count
            sources[pair.address] = nil  // so that `counters` is changed in place
            counters[pair.user] = newValue
            add(counters.count - before, for: pair.address)
            if !counters.isEmpty { sources[pair.address] = .counting(counters) }
            if let newValue { sweepBy(newValue.last + rules.idle) }
        }
    }

    /// Replaces the address's counters.
    mutating func ban(_ address: ClientAddress, until end: Duration) {
        lift(address)
        sources[address] = .banned(until: end)
        add(1, for: address)
        sweepBy(end)
    }

    mutating func lift(_ address: ClientAddress) {
        let entries = banEnd(of: address) == nil ? counters(of: address).count : 1
        sources[address] = nil
        add(-entries, for: address)
    }

    /// Removes what has ended.
    mutating func sweep(at now: Duration) -> [BanStep] {
        var steps: [BanStep] = []
        var next: Duration?
        func hasEnded(_ end: Duration) -> Bool {
            if end > now { next = min(end, next ?? end) }
            return end <= now
        }
        for (address, source) in sources {
            switch source {
            case .banned(let until): if hasEnded(until) { remove(address, &steps) }
            case .counting(let counters):
                for (user, counter) in counters where counter.isIdle && hasEnded(counter.last + rules.idle) {
                    remove(LoginPair(address: address, user: user), &steps)
                }
            }
        }
        nextSweep = next.map { max($0, now + .seconds(1)) }
        return steps
    }

    /// After something was added for `address`: ended entries make way, then the oldest counters, then the bans
    /// that end first; always some at once, because each search looks at everything.
    mutating func makeRoom(for address: ClientAddress, at now: Duration) -> [BanStep] {
        guard isTooFull(address) else { return [] }
        var steps = sweep(at: now)
        guard isTooFull(address) else { return steps }
        var counters: [(pair: LoginPair, last: Duration)] = []
        var bans: [(address: ClientAddress, end: Duration)] = []
        for (other, source) in sources where other.isIPv4 == address.isIPv4 {
            switch source {
            case .banned(let until): bans.append((other, until))
            case .counting(let all):
                for (user, counter) in all where counter.isIdle {
                    counters.append((LoginPair(address: other, user: user), counter.last))
                }
            }
        }
        let room = max(1, rules.capacity / 64)
        let oldest = counters.sorted { $0.last < $1.last }.prefix(room)
        for counter in oldest { remove(counter.pair, &steps) }
        let soonest = bans.sorted { $0.end < $1.end }.prefix(room - oldest.count)
        for ban in soonest { remove(ban.address, &steps) }
        let removed = oldest.count + soonest.count
        return removed == 0 ? steps : steps + [.madeRoom(removed)]
    }

    private mutating func remove(_ address: ClientAddress, _ steps: inout [BanStep]) {
        lift(address)
        steps.append(.lift(address))
    }

    private mutating func remove(_ pair: LoginPair, _ steps: inout [BanStep]) {
        self[pair] = nil
        steps.append(.charge(pair, 0, last: .zero))
    }

    private mutating func sweepBy(_ end: Duration) { nextSweep = min(end, nextSweep ?? end) }

    private mutating func add(_ entries: Int, for address: ClientAddress) {
        if address.isIPv4 { count.v4 += entries } else { count.v6 += entries }
    }

    private func isTooFull(_ address: ClientAddress) -> Bool {
        (address.isIPv4 ? count.v4 : count.v6) > rules.capacity
    }
}
