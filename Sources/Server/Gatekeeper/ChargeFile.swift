/// The file of charged login attempts: one record per address and user, written in place to survive kill -9.

import MailCore
import Posix
import SystemPackage

/// Not synced: it must survive the process, not the machine (bans do, see BanFolder). Records have fixed places, so
/// the file never grows beyond the number of pairs and needs no room on a full disk once it has a place.
struct ChargeFile: ~Copyable {
    private let file: OwnedDescriptor
    private var places: [LoginPair: Int] = [:]
    private var free: [Int] = []
    private var end = 1  // place 0 is the head

    static let name = "charges"
    static let newName = "charges.new"
    /// Of a file that is ours: a head, as many pairs as the tables of IPv4 and IPv6 hold, and one that room is made for.
    private static let longest = (2 + 2 * BanRules().capacity) * StateRecord.size

    /// Writes a new file with these records and puts it in the old one's place.
    static func create(
        in folder: borrowing Directory, _ records: [ChargeRecord], bootID: String
    ) throws(Errno) -> ChargeFile {
        do { try folder.unlink(newName) } catch { if error != .noSuchFileOrDirectory { throw error } }
        var file = ChargeFile(try folder.create(newName, .readWrite, exclusive: true))
        try writeAll(file.file.number, head(bootID).span, atOffset: 0)
        for record in records { try file.write(record) }
        try folder.rename(newName, to: name)
        return file
    }

    private init(_ file: consuming OwnedDescriptor) { self.file = file }

    private static func head(_ bootID: String) -> [UInt8] { StateRecord.sealed(["charges", bootID]) }

    /// A count of 0 forgets the pair.
    mutating func write(_ record: ChargeRecord) throws(Errno) {
        let pair = record.pair
        if record.count == 0 {
            guard let place = places.removeValue(forKey: pair) else { return }
            free.append(place)
            try writeAll(file.number, StateRecord.empty.span, atOffset: place * StateRecord.size)
        } else {
            let place = places[pair] ?? free.popLast() ?? newPlace()
            places[pair] = place
            try writeAll(file.number, record.encoded().span, atOffset: place * StateRecord.size)
        }
    }

    private mutating func newPlace() -> Int {
        defer { end += 1 }
        return end
    }

    /// The records an earlier process left; nothing when there is no file. What cannot be read is passed over.
    static func load(from folder: borrowing Directory) throws(Errno) -> [ChargeRecord] {
        let bytes: [UInt8]
        do {
            let file = try folder.open(name, .readOnly)
            bytes = try readWhole(file.number, limit: try min(status(of: file.number).size, longest))
        } catch {
            if error == .noSuchFileOrDirectory { return [] }
            throw error
        }
        guard let head = StateRecord.fields(of: bytes.prefix(StateRecord.size)), head.count == 2,
            head[0] == "charges"
        else { return [] }
        return stride(from: StateRecord.size, to: bytes.count, by: StateRecord.size).compactMap { start in
            ChargeRecord(decoding: bytes[start...].prefix(StateRecord.size), bootID: head[1])
        }
    }
}
