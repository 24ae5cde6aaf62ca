/// The rules of LOGIN attempts and bans, as a value: events in, steps out, no clock and no disk of its own.

/// Every attempt is charged before the directory is asked, and a pair never has more attempts charged than it may
/// fail: of any number of wrong ones in parallel only three reach the directory, while right ones pass one after
/// the other (BAN-13). Nobody waits for another user or another address.
///
/// Times are since boot and must not go back.
package struct BanPolicy: Sendable {
    private struct Attempt {
        let pair: LoginPair
        let asksDirectory: Bool
    }

    private var table: BanTable
    private var attempts: [AttemptID: Attempt] = [:]

    package init(rules: BanRules) { table = BanTable(rules: rules) }

    package var rules: BanRules { table.rules }

    /// When `sweep` has something to do.
    package var nextSweep: Duration? { table.nextSweep }

    /// Takes over a ban that an earlier process left.
    package mutating func restore(banOf address: ClientAddress, until end: Duration) { table.ban(address, until: end) }

    /// Takes over charges that an earlier process left: fewer than ban an address, of an address that is not banned.
    package mutating func restore(chargesOf pair: LoginPair, count: Int, last: Duration) {
        precondition(count < rules.attempts, "so many charges are a ban")
        table[pair] = BanTable.Counter(failures: count, last: last)
    }

    // MARK: Events

    /// A LOGIN has come in. `asksDirectory` is false when name or password break the rules: it is charged all the
    /// same (LOGIN-5, LOGIN-11).
    package mutating func arrived(
        _ id: AttemptID, _ pair: LoginPair, asksDirectory: Bool, at now: Duration
    ) -> [BanStep] {
        var steps: [BanStep] = []
        if let end = table.banEnd(of: pair.address) {
            if now < end { return [.answer(id, .refused, .banned)] }  // BAN-2, BAN-3, BAN-8
            table.lift(pair.address)
            steps.append(.lift(pair.address))
        }
        attempts[id] = Attempt(pair: pair, asksDirectory: asksDirectory)
        var counter = table[pair] ?? BanTable.Counter(last: now)
        if counter.isIdle, now - counter.last >= rules.idle { counter.failures = 0 }  // BAN-15
        counter.queue.append(id)
        table[pair] = counter
        chargeNext(pair, at: now, &steps)
        return steps + table.makeRoom(for: pair.address, at: now)
    }

    /// The directory's answer to an attempt that it was asked about. One that has been answered meanwhile,
    /// because its address was banned, is passed over.
    package mutating func directorySaid(_ accepted: Bool, to id: AttemptID, at now: Duration) -> [BanStep] {
        guard let attempt = attempts[id], var counter = table[attempt.pair] else { return [] }
        var steps: [BanStep] = []
        if accepted {
            attempts[id] = nil
            counter.asked.remove(id)
            counter.failures = 0  // BAN-14
            table[attempt.pair] = counter
            steps.append(.charge(attempt.pair, counter.charges, last: counter.last))
            steps.append(.answer(id, .accepted, .password))
        } else {
            refuse(id, .password, at: now, &steps)
        }
        chargeNext(attempt.pair, at: now, &steps)
        return steps
    }

    /// The time for an attempt is over, or the directory cannot be asked: not an attempt (LOGIN-9).
    package mutating func noVerdict(for id: AttemptID, at now: Duration) -> [BanStep] {
        guard let attempt = attempts.removeValue(forKey: id), var counter = table[attempt.pair] else { return [] }
        var steps: [BanStep] = []
        if counter.asked.remove(id) != nil {
            steps.append(.charge(attempt.pair, counter.charges, last: counter.last))
        } else {
            counter.queue.removeAll { $0 == id }
        }
        table[attempt.pair] = counter
        steps.append(.answer(id, .unavailable, .noVerdict))
        chargeNext(attempt.pair, at: now, &steps)
        return steps
    }

    /// Forgets what has ended. To be called at `nextSweep`; calling it late changes no verdict.
    package mutating func sweep(at now: Duration) -> [BanStep] { table.sweep(at: now) }

    // MARK: Proceeding

    /// Charges as many waiting attempts of a pair as may still fail without exceeding the limit.
    private mutating func chargeNext(_ pair: LoginPair, at now: Duration, _ steps: inout [BanStep]) {
        while var counter = table[pair], counter.charges < rules.attempts, let id = counter.queue.first {
            counter.queue.removeFirst()
            counter.asked.insert(id)
            counter.last = now
            table[pair] = counter
            steps.append(.charge(pair, counter.charges, last: now))  // before the directory is asked (BAN-13)
            if attempts[id]!.asksDirectory {
                steps.append(.ask(id))
            } else {
                refuse(id, .malformed, at: now, &steps)
            }
        }
        if let counter = table[pair], counter.isIdle, counter.failures == 0 { table[pair] = nil }
    }

    /// The charge stays; the last one that is allowed bans the address (BAN-1).
    private mutating func refuse(
        _ id: AttemptID, _ cause: BanStep.Cause, at now: Duration, _ steps: inout [BanStep]
    ) {
        let pair = attempts.removeValue(forKey: id)!.pair
        var counter = table[pair]!
        counter.asked.remove(id)
        counter.failures += 1
        table[pair] = counter
        guard counter.failures >= rules.attempts else { return steps.append(.answer(id, .refused, cause)) }
        let counters = table.counters(of: pair.address)
        let end = now + rules.ban
        table.ban(pair.address, until: end)
        steps.append(.ban(pair.address, until: end))
        steps.append(.answer(id, .refused, cause))
        for (user, counter) in counters {  // BAN-2: whoever asks from there, also while the directory ponders
            steps.append(.charge(LoginPair(address: pair.address, user: user), 0, last: counter.last))
            for id in (counter.asked.union(counter.queue)).sorted() {
                attempts[id] = nil
                steps.append(.answer(id, .refused, .banned))
            }
        }
    }
}
