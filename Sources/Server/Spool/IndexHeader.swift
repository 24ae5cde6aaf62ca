/// What stands before the records of an index: when they may be believed.

import Posix

/// 128 bytes: magic (8), boot id (40), inode and mtime of `new/`, highest sequence, live, deleted, length of
/// the records, state (8 each), a checksum of all that (8), zeros. Integers little-endian.
struct IndexHeader: Equatable {
    static let length = 128
    private static let magic = Array("twmidx1\n".utf8)
    private static let checked = 104

    var bootID: [UInt8]
    /// Of the directory `new/`, as it was after our own last change.
    var folder: FolderState
    /// Never given out again, also when its message is gone.
    var highest: UInt64
    var live: Int
    var deleted: Int
    /// Bytes of all records.
    var recordsLength: Int
    /// False from before a change of `new/` until its record is written.
    var isClean: Bool

    /// What tells a changed directory from an unchanged one.
    struct FolderState: Equatable {
        let inode: UInt64
        let modified: Int64

        static let unknown = FolderState(inode: 0, modified: 0)
    }

    init(bootID: [UInt8]) {
        self.bootID = bootID
        folder = .unknown
        (highest, live, deleted, recordsLength, isClean) = (0, 0, 0, 0, false)
    }

    /// Nil for anything but a whole header whose numbers can be true together.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == IndexHeader.length, Array(bytes[..<8]) == IndexHeader.magic else { return nil }
        let sum = bytes.span.integer(at: IndexHeader.checked, as: UInt64.self)
        guard sum == IndexHeader.checksum(bytes[..<IndexHeader.checked]) else { return nil }
        func field(_ number: Int) -> Int64 { bytes.span.integer(at: 48 + 8 * number, as: Int64.self) }
        bootID = Array(bytes[8..<48].prefix { $0 != 0 })
        folder = FolderState(inode: UInt64(bitPattern: field(0)), modified: field(1))
        highest = UInt64(bitPattern: field(2))
        (live, deleted, recordsLength) = (Int(field(3)), Int(field(4)), Int(field(5)))
        isClean = field(6) == 1
        let room = recordsLength / IndexRecord.minimumLength
        guard (0...max(0, room)).contains(live), (0...max(0, room - live)).contains(deleted), recordsLength >= 0,
            highest <= MessageID.maximumSequence, highest > 0 || recordsLength == 0
        else { return nil }
    }

    var bytes: [UInt8] {
        var bytes = IndexHeader.magic + bootID.prefix(40)
        bytes += [UInt8](repeating: 0, count: 48 - bytes.count)
        bytes.append(integer: folder.inode)
        bytes.append(integer: folder.modified)
        bytes.append(integer: highest)
        for number in [live, deleted, recordsLength, isClean ? 1 : 0] { bytes.append(integer: number) }
        bytes.append(integer: IndexHeader.checksum(bytes[...]))
        return bytes + [UInt8](repeating: 0, count: IndexHeader.length - bytes.count)
    }

    /// FNV-1a, 64 bits: it finds a torn header, it withstands nobody.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
