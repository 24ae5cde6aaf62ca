/// The sessions that run, and whether one more may (security of the many against the one).

import MailCore
import Posix
import SystemPackage

struct SessionTable {
    enum Refusal: String { case total, perAddress = "per-address", beforeLogin = "before-login" }

    private let limits: Limits
    /// One byte per slot, which a session sets when it has logged in: all it can tell its parent.
    private let loggedIn: SharedBytes
    private var free: [Int]
    private var slots: [ProcessID: (slot: Int, address: ClientAddress)] = [:]
    private var perAddress: [ClientAddress: Int] = [:]

    init(limits: Limits) throws(Errno) {
        self.limits = limits
        loggedIn = try SharedBytes(count: limits.sessions)
        free = Array((0..<limits.sessions).reversed())
    }

    var isEmpty: Bool { slots.isEmpty }
    var count: Int { slots.count }
    var processes: [ProcessID] { Array(slots.keys) }

    /// A slot for a new session from `address`, or why there is none.
    mutating func reserve(for address: ClientAddress) -> Result<Int, Refusal> {
        if free.isEmpty { return .failure(.total) }
        if perAddress[address, default: 0] >= limits.sessionsPerAddress { return .failure(.perAddress) }
        if slots.count >= limits.sessionsBeforeLogin {
            let waiting = slots.values.count { loggedIn[$0.slot] == 0 }
            if waiting >= limits.sessionsBeforeLogin { return .failure(.beforeLogin) }
        }
        let slot = free.removeLast()
        loggedIn[slot] = 0
        return .success(slot)
    }

    mutating func giveBack(_ slot: Int) { free.append(slot) }

    mutating func began(_ process: ProcessID, slot: Int, from address: ClientAddress) {
        slots[process] = (slot, address)
        perAddress[address, default: 0] += 1
    }

    /// nil: no session of ours.
    mutating func ended(_ process: ProcessID) -> ClientAddress? {
        guard let (slot, address) = slots.removeValue(forKey: process) else { return nil }
        free.append(slot)
        let left = perAddress[address, default: 1] - 1
        perAddress[address] = left == 0 ? nil : left
        return address
    }

    /// Called in the session itself.
    func markLoggedIn(_ slot: Int) { loggedIn[slot] = 1 }
}

extension SessionTable.Refusal: Error {}
