/// What the gatekeeper's folder holds, and what reading it back would make of it; nothing is changed.

package import MailCore
package import Posix
import SystemPackage

package struct StateExamination {
    /// One line.
    package private(set) var summary = "none kept yet"
    /// A line for each ban that a start would not just take over as it is, and for what is torn.
    package private(set) var notes: [String] = []

    /// - Throws: what a start would say.
    package init(path: String, clock: Clock, rules: BanRules) throws(StateFolder.Failure) {
        guard let folder = try? Directory.open(path: path) else { return }
        do {
            try StateFolder.check(folder, path: path)
            let found = try BanFolder.existing(in: folder)?.load() ?? []
            let charges = try UnusableFile.naming(ChargeFile.name) { () throws(Errno) in
                try ChargeFile.load(from: folder)
            }
            let now = Moment(boot: clock.now(), wall: clock.wall(), bootID: clock.bootID())
            describe(found, Recovery(bans: found, charges: charges, rules: rules, at: now))
        } catch {
            throw StateFolder.Failure(error, path: path)
        }
    }

    private mutating func describe(_ found: [(address: ClientAddress, record: BanRecord?)], _ recovery: Recovery) {
        summary = "\(recovery.bans.count) in force, \(recovery.charges.count) counters"
        for (address, record) in found where record == nil {
            notes.append("\(address): torn, a ban of full length from the start")
        }
        for address in recovery.ended { notes.append("\(address): over, its file goes at the start") }
        let named = Set(found.map(\.address))
        for ban in recovery.bans where !named.contains(ban.address) {
            notes.append("\(ban.address): charged to the full and not banned, a ban that the start writes")
        }
    }
}
