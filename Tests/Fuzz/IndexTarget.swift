/// The index of a mailbox: whatever stands in it, nothing traps, and the files are asked unless all of it fits.

import Glibc
import MailCore
import Posix
import Spool
import Synchronization
import SystemPackage
import World

/// The first byte chooses what the rest is: the file itself, changes to the true file, or a header with a right
/// checksum and the records behind it.
func indexFault(_ input: [UInt8]) -> String? {
    do {
        return try IndexBench.shared.withLock { try $0.fault(in: input) }
    } catch {
        return "\(error)"
    }
}

/// A mailbox with three messages, whose index is replaced again and again.
private final class IndexBench {
    static let shared = Mutex(try! IndexBench())

    private let bob = Username("bob".utf8)!
    // A static is never freed: its folder goes when the program ends.
    private static let folder = try! makeTemporaryFolder((isFolder("/dev/shm") ? "/dev/shm" : "/tmp") + "/twfuzz")
    private let path: String
    private let spool: Spool
    private let truth: [[UInt8]]
    private var genuine: [UInt8] = []
    private var indexPath: String { path + "/s/bob/index" }

    private init() throws {
        path = IndexBench.folder
        atexit { try? removeTree(IndexBench.folder) }
        try makeFolder(path + "/s")
        spool = try Spool.open(path: path + "/s", clock: .system)
        truth = ["one", "", "three"].map { Array($0.utf8) }
        for subject in truth { try send(subject) }
        try settle()
    }

    private func send(_ subject: [UInt8]) throws {
        var draft = try spool.draft(sender: bob, receiver: bob, subject: Subject(subject)!)
        try draft.append([0x2e, 0x0a].span)
        try draft.deliver()
    }

    /// The index as the files make it.
    private func settle() throws {
        try writeFile(indexPath, [])
        _ = try spool.list(bob)
        genuine = try readFile(indexPath)
    }

    func fault(in input: [UInt8]) throws -> String? {
        guard let mode = input.first else { return nil }
        let index = made(mode, input.dropFirst())
        try writeFile(indexPath, index)
        let believed = PlainIndex(index, like: genuine)?.subjects
        let listing = try spool.list(bob)
        let subjects = listing.subjects.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().map(
            Array.init)
        guard subjects.count == listing.ids.count, subjects == truth || subjects == believed else {
            return "\(listing.ids.count) ids and \(subjects) listed of an index with \(believed as Any)"
        }
        for id in listing.ids { _ = try? spool.open(id, of: bob) }
        _ = try spool.arrivals(bob, after: listing.ids.first?.sequence ?? 0)
        // For some: what is sent now is there whatever the index said, and what is deleted is gone.
        guard mode >= 0xe0 else { return nil }
        defer { try? settle() }
        try writeFile(indexPath, index)
        do { try send([0x6e]) } catch Errno.overflow { return nil }  // the index remembers that no number is left
        let after = try spool.list(bob)
        // A right checksum over wrong numbers is nobody's torn file; then the files alone must be right.
        let isForged = believed == nil && mode % 4 >= 2
        guard isForged || after.ids.count == subjects.count + 1 && after.subjects.suffix(2) == [0x6e, 0x0a] else {
            return "after a message came: \(after.ids.count) instead of \(subjects.count + 1)"
        }
        try writeFile(indexPath, [])
        let settled = try spool.list(bob).ids
        guard settled.count == truth.count + 1, let new = settled.last, try spool.delete(new, of: bob) else {
            return "a message that came does not go"
        }
        return try spool.open(new, of: bob) == nil ? nil : "a deleted message can be read"
    }

    private func made(_ mode: UInt8, _ rest: ArraySlice<UInt8>) -> [UInt8] {
        switch mode % 4 {
        case 0: return Array(rest)
        case 1:
            // Two bytes of place, one to put there.
            var (index, rest) = (genuine, rest)
            while rest.count >= 3 {
                let place = (Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())) % index.count
                index[place] = rest.removeFirst()
            }
            return index
        case 2:
            // Five numbers for the header: highest, live, deleted, length of the records, clean.
            return PlainIndex.sealed(genuine[..<64] + PlainIndex.padded(rest.prefix(40), to: 40)) + rest.dropFirst(40)
        default:
            // Records that the header speaks for.
            let records = PlainIndex.records(Array(rest)) ?? []
            let live = records.filter(\.isLive).count
            let numbers = [live, records.count - live, rest.count, 1].flatMap(PlainIndex.little)
            return PlainIndex.sealed(genuine[..<72] + numbers) + rest
        }
    }
}

/// docs/SPOOL.md's index, read as plainly as it can be.
private struct PlainIndex {
    var subjects: [[UInt8]]

    /// Nil where the index must not be believed. `genuine`: one that is to be.
    init?(_ bytes: [UInt8], like genuine: [UInt8]) {
        func number(_ field: Int) -> UInt64 { PlainIndex.little(bytes[(48 + 8 * field)..<(56 + 8 * field)]) }
        guard bytes.count >= 128, bytes[..<64] == genuine[..<64] else { return nil }  // magic, boot, new/ as it is
        guard number(7) == PlainIndex.checksum(bytes[..<104]), number(6) == 1, number(2) < 1_000_000_000_000_000_000,
            number(5) <= UInt64(bytes.count - 128), number(2) > 0 || number(5) == 0
        else { return nil }
        guard let records = PlainIndex.records(Array(bytes[128...].prefix(Int(number(5))))) else { return nil }
        let live = records.filter(\.isLive)
        guard number(3) == UInt64(live.count), number(4) == UInt64(records.count - live.count) else { return nil }
        subjects = live.map(\.subject)
    }

    static func records(_ bytes: [UInt8]) -> [(isLive: Bool, subject: [UInt8])]? {
        var (rest, records) = (bytes[...], [(isLive: Bool, subject: [UInt8])]())
        while !rest.isEmpty {
            guard rest.count >= 29 else { return nil }
            let mark = Array(rest.prefix(2))
            let length = Int(little(rest.dropFirst(2).prefix(2)))
            let (sequence, size) = (little(rest.dropFirst(4).prefix(8)), little(rest.dropFirst(20).prefix(8)))
            guard mark == [0x4c, 0x4d] || mark == [0x44, 0x44], length > 0, sequence > 0,
                sequence < 1_000_000_000_000_000_000, size <= UInt64(Int.max)
            else { return nil }
            let subject = rest.dropFirst(28).prefix(length)
            guard subject.count == length, subject.last == 0x0a else { return nil }
            records.append((mark == [0x4c, 0x4d], Array(subject.dropLast())))
            rest = rest.dropFirst(28 + length)
        }
        return records
    }

    /// With its checksum and the zeros behind it.
    static func sealed(_ numbers: ArraySlice<UInt8>) -> [UInt8] {
        padded(numbers + little(Int(truncatingIfNeeded: checksum(numbers)))[...], to: 128)
    }

    static func padded(_ bytes: ArraySlice<UInt8>, to length: Int) -> [UInt8] {
        Array(bytes) + [UInt8](repeating: 0, count: length - bytes.count)
    }

    static func little(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: number)
        return bytes
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    private static func little(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
