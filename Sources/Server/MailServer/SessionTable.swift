/// The sessions that run, and whether one more may: what one address takes, the others must not miss.

import MailCore
import Posix
import SystemPackage

struct SessionTable {
    enum Refusal: String, Error { case total, perAddress = "per-address", beforeLogin = "before-login" }

    /// A slot for a new session, and the session that is to be ended for it.
    struct Place {
        let slot: Int
        let making: (process: ProcessID, address: ClientAddress)?
    }

    private struct Entry {
        let slot: Int
        let address: ClientAddress
        /// Counts up, so that the smaller is the older.
        let number: UInt64
        /// We end it ourselves; that is no crash.
        var isDismissed = false
    }

    private let limits: Limits
    /// One byte per slot, which a session sets when it has logged in: all it can tell its parent.
    let loggedIn: SharedBytes
    private var free: [Int]
    private var entries: [ProcessID: Entry] = [:]
    private var perAddress: [ClientAddress: Int] = [:]
    private var numbers: UInt64 = 0

    init(limits: Limits) throws(Errno) {
        self.limits = limits
        loggedIn = try SharedBytes(count: limits.sessions)
        free = Array((0..<limits.sessions).reversed())
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func reserve(for address: ClientAddress) -> Result<Place, Refusal> {
        guard !free.isEmpty else { return .failure(.total) }
        let network = network(of: address)
        guard perAddress[network, default: 0] < limits.sessionsPerAddress else { return .failure(.perAddress) }
        var making: (process: ProcessID, address: ClientAddress)?
        if entries.count >= limits.sessionsBeforeLogin {
            let waiting = entries.filter { loggedIn[$0.value.slot] == 0 && !$0.value.isDismissed }
            if waiting.count >= limits.sessionsBeforeLogin {
                guard let process = mostDispensable(waiting, for: network) else {
                    return .failure(.beforeLogin)
                }
                entries[process]?.isDismissed = true
                making = (process, waiting[process]!.address)
            }
        }
        let slot = free.removeLast()
        loggedIn[slot] = 0
        return .success(Place(slot: slot, making: making))
    }

    /// Of the sessions that have not logged in, the oldest of the network that has most of them, if it has more than
    /// `network`: so nobody who only connects, however often, keeps others out (CONC-1). Of networks that have as many
    /// the one that came first: whoever has just come gets the time for a login.
    private func mostDispensable(_ waiting: [ProcessID: Entry], for network: ClientAddress) -> ProcessID? {
        let crowds = Dictionary(grouping: waiting, by: { self.network(of: $0.value.address) })
        let most = crowds.values.map(\.count).max() ?? 0
        guard most > crowds[network, default: []].count else { return nil }
        let largest = crowds.values.filter { $0.count == most }.joined()
        return largest.min { $0.value.number < $1.value.number }?.key
    }

    private func network(of address: ClientAddress) -> ClientAddress { address.banned(ipv6Prefix: limits.ipv6Prefix) }

    mutating func giveBack(_ slot: Int) { free.append(slot) }

    mutating func began(_ process: ProcessID, slot: Int, from address: ClientAddress) {
        numbers += 1
        entries[process] = Entry(slot: slot, address: address, number: numbers)
        perAddress[network(of: address), default: 0] += 1
    }

    /// nil: no session of ours.
    mutating func ended(_ process: ProcessID) -> (address: ClientAddress, wasDismissed: Bool)? {
        guard let entry = entries.removeValue(forKey: process) else { return nil }
        free.append(entry.slot)
        let network = network(of: entry.address)
        let left = perAddress[network, default: 1] - 1
        perAddress[network] = left == 0 ? nil : left
        return (entry.address, entry.isDismissed)
    }

    /// All that still run, to be ended by the caller.
    mutating func dismissAll() -> [ProcessID] {
        for process in entries.keys { entries[process]?.isDismissed = true }
        return Array(entries.keys)
    }
}
