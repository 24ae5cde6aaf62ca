/// The gatekeeper's folder on disk: locked by its one owner, read back at the start, written as the policy says.

package import Logging
package import MailCore
package import Posix
import SystemPackage

package struct StateFolder: ~Copyable {
    package enum Failure: Error {
        case inUse(path: String)
        case unusable(path: String, reason: String)

        init(_ error: any Error, path: String) {
            switch error {
            case let failure as Failure: self = failure
            case let file as UnusableFile: self = .unusable(path: path + "/" + file.name, reason: file.reason)
            default: self = .unusable(path: path, reason: "\(error)")
            }
        }
    }

    private let clock: Clock
    private let log: Logger
    private let bootID: String
    private let lock: OwnedDescriptor
    private let bans: BanFolder
    private var charges: ChargeFile
    /// Charges that stay on disk in place of a ban that could not be written there.
    private var kept: [ClientAddress: [LoginPair]] = [:]

    /// Opens or makes the folder (its parent must exist), and fills `policy` with what an earlier process left.
    package static func open(
        path: String, clock: Clock, log: Logger, restoring policy: inout BanPolicy
    ) throws(Failure) -> StateFolder {
        do {
            let folder = try ownFolder(path)
            let lock = try folder.create("lock", .readWrite, exclusive: false)
            guard try takeOver(lock.number) else { throw Failure.inUse(path: path) }
            return try restored(folder, lock: lock, clock: clock, log: log, into: &policy)
        } catch {
            throw Failure(error, path: path)
        }
    }

    /// The spool is our server's alone, so whoever has the lock was a killed server's, and ends as soon as the disk lets
    /// it go. False when it does not in time.
    private static func takeOver(_ lock: Int32) throws(Errno) -> Bool {
        let deadline = Clock.system.now() + .seconds(10)
        while try !tryLock(lock, .exclusive) {
            if Clock.system.now() >= deadline { return false }
            pauseBriefly(microseconds: 5000)
        }
        return true
    }

    private static func ownFolder(_ path: String) throws -> Directory {
        let name = FilePath(path)
        guard let last = name.lastComponent else { throw Failure.unusable(path: path, reason: "not a folder's name") }
        let parent = name.removingLastComponent()
        let above = try Directory.open(path: parent.isEmpty ? "." : parent.string)
        do {
            try above.makeDirectory(last.string)
            try above.sync()  // a folder that a power loss takes away takes its bans along (BAN-16)
        } catch {
            if error != .fileExists { throw error }
        }
        let folder = try above.openDirectory(last.string)
        try check(folder, path: path)
        return folder
    }

    static func check(_ folder: borrowing Directory, path: String) throws {
        let status = try status(of: folder.descriptor.number)
        guard status.owner == effectiveUser(), status.mode & 0o022 == 0 else {
            throw Failure.unusable(path: path, reason: "it must be this user's and writable by nobody else")
        }
    }

    private static func restored(
        _ folder: borrowing Directory, lock: consuming OwnedDescriptor, clock: Clock, log: Logger,
        into policy: inout BanPolicy
    ) throws -> StateFolder {
        let now = Moment(boot: clock.now(), wall: clock.wall(), bootID: clock.bootID())
        let bans = try UnusableFile.naming(BanFolder.name) { () throws(Errno) in try BanFolder.open(in: folder) }
        let charged = try UnusableFile.naming(ChargeFile.name) { () throws(Errno) in
            try ChargeFile.load(from: folder)
        }
        let recovery = Recovery(bans: try bans.load(), charges: charged, rules: policy.rules, at: now)
        for ban in recovery.bans where ban.mustBeWritten {
            try bans.write(BanRecord(end: ban.end), of: ban.address)
        }
        for address in recovery.ended { try bans.remove(address) }
        let charges = try UnusableFile.naming(ChargeFile.newName) { () throws(Errno) in
            try ChargeFile.create(in: folder, recovery.charges, bootID: now.bootID)
        }
        for ban in recovery.bans { policy.restore(banOf: ban.address, until: ban.end.boot) }
        for charge in recovery.charges {
            policy.restore(chargesOf: charge.pair, count: charge.count, last: charge.last.boot)
        }
        if !recovery.bans.isEmpty || !recovery.charges.isEmpty {
            let found: Logger.Metadata = [
                "bans": "\(recovery.bans.count)", "counters": "\(recovery.charges.count)",
            ]
            log.info("state-loaded", metadata: found)
        }
        return StateFolder(lock: lock, bans: bans, charges: charges, bootID: now.bootID, clock: clock, log: log)
    }

    private init(
        lock: consuming OwnedDescriptor, bans: consuming BanFolder, charges: consuming ChargeFile, bootID: String,
        clock: Clock, log: Logger
    ) {
        self.lock = lock
        self.bans = bans
        self.charges = charges
        self.bootID = bootID
        self.clock = clock
        self.log = log
    }

    // MARK: Writing. A disk that fails makes nothing here forget: the policy's own memory still holds.

    package mutating func charge(_ pair: LoginPair, _ count: Int, last: Duration) {
        if count == 0, kept[pair.address] != nil {
            kept[pair.address]!.append(pair)
            return
        }
        do {
            try charges.write(ChargeRecord(pair: pair, count: count, last: moment(last)))
        } catch {
            log.error("state-error", metadata: ["what": "charge", "pair": "\(pair)", "reason": "\(error)"])
        }
    }

    /// Returns when the ban is durable. When it cannot be, it holds in this process, and the charges that made
    /// it stay on disk: they are a ban to whoever loads them.
    package mutating func ban(_ address: ClientAddress, until end: Duration) {
        let end = moment(end)
        do {
            try bans.write(BanRecord(end: end), of: address)
        } catch {
            kept[address] = []
            log.critical("state-error", metadata: ["what": "ban", "ip": "\(address)", "reason": "\(error)"])
        }
        let (seconds, _) = end.wall.components
        log.warning("ban", metadata: ["ip": "\(address)", "until": "\(seconds)"])
    }

    package mutating func lift(_ address: ClientAddress) {
        do {
            try bans.remove(address)
        } catch {
            log.error("state-error", metadata: ["what": "lift", "ip": "\(address)", "reason": "\(error)"])
        }
        for pair in kept.removeValue(forKey: address) ?? [] { charge(pair, 0, last: .zero) }
    }

    /// A time since boot, with what the wall clock says or said at it.
    private func moment(_ boot: Duration) -> Moment {
        Moment(boot: boot, wall: clock.wall() + (boot - clock.now()), bootID: bootID)
    }
}
