/// What the gatekeeper's files mean after a restart, whether of the program or of the machine.

package import MailCore

/// Bans and charges as they count from now on; everything is anchored at the current boot.
package struct Recovery: Equatable, Sendable {
    package struct Ban: Equatable, Sendable {
        package let address: ClientAddress
        package let end: Moment
        /// The file does not say so yet.
        package let mustBeWritten: Bool
    }
    package var bans: [Ban] = []
    /// Bans whose files can go.
    package var ended: [ClientAddress] = []
    package var charges: [ChargeRecord] = []

    package init(
        bans found: [(address: ClientAddress, record: BanRecord?)], charges records: [ChargeRecord],
        rules: BanRules, at now: Moment
    ) {
        for (address, record) in found {
            let left = record.map { $0.end.left(at: now, atMost: rules.ban) } ?? rules.ban  // BAN-10
            let end = now.advanced(by: left)
            if left == .zero {
                ended.append(address)
            } else {
                let stands = record.map { $0.end.bootID == now.bootID && $0.end.boot == end.boot } ?? false
                bans.append(Ban(address: address, end: end, mustBeWritten: !stands))
            }
        }
        // Nothing is charged during a ban, so whatever is charged beside one is older, and the ban has cleared it.
        var settled = Set(found.map(\.address))
        // The process ended between the last charge and its ban: a ban from the time of the charge.
        var unwritten: [ClientAddress: Duration] = [:]
        for record in records where !settled.contains(record.pair.address) && record.count >= rules.attempts {
            let left = record.last.advanced(by: rules.ban).left(at: now, atMost: rules.ban)
            unwritten[record.pair.address] = max(left, unwritten[record.pair.address] ?? .zero)
        }
        for (address, left) in unwritten {
            settled.insert(address)
            if left > .zero {
                bans.append(Ban(address: address, end: now.advanced(by: left), mustBeWritten: true))
            }
        }
        for record in records where !settled.contains(record.pair.address) {
            let left = record.last.advanced(by: rules.idle).left(at: now, atMost: rules.idle)
            guard left > .zero else { continue }
            let last = now.advanced(by: left - rules.idle)
            charges.append(ChargeRecord(pair: record.pair, count: record.count, last: last))
        }
    }
}
