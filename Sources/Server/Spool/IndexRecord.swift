/// One message in the index of a mailbox.

import Posix

/// Mark (2 bytes), length of the subject line (2), sequence (8), random (8), size (8), subject line with its
/// LF; integers little-endian.
struct IndexRecord {
    static let fixedLength = 28
    static let minimumLength = fixedLength + 1  // an empty subject is its LF

    /// Not zero, so that a hole in a torn file is no record.
    private static let live: UInt16 = 0x4d4c
    private static let deleted: UInt16 = 0x4444

    let isLive: Bool
    let sequence: UInt64
    private let random: UInt64
    private let size: UInt64
    /// Within the same bytes.
    let subjectLine: Range<Int>

    var end: Int { subjectLine.upperBound }

    /// The record at `position`, or nil when there is no whole one.
    init?(_ records: Span<UInt8>, at position: Int) {
        guard records.count - position >= IndexRecord.minimumLength else { return nil }
        let mark = records.integer(at: position, as: UInt16.self)
        guard mark == IndexRecord.live || mark == IndexRecord.deleted else { return nil }
        let length = Int(records.integer(at: position + 2, as: UInt16.self))
        let subject = position + IndexRecord.fixedLength
        guard length > 0, length <= records.count - subject, records[subject + length - 1] == UInt8(ascii: "\n") else {
            return nil
        }
        isLive = mark == IndexRecord.live
        sequence = records.integer(at: position + 4, as: UInt64.self)
        random = records.integer(at: position + 12, as: UInt64.self)
        size = records.integer(at: position + 20, as: UInt64.self)
        guard (1...MessageID.maximumSequence).contains(sequence), size <= UInt64(Int.max) else { return nil }
        subjectLine = subject..<(subject + length)
    }

    /// `place`: the record's position among all records.
    func id(place: Int) -> MessageID {
        MessageID(sequence: sequence, random: random, size: Int(truncatingIfNeeded: size), place: place)
    }

    /// The bytes of a live record. `subject`: at most 65,534 bytes, none of them LF.
    static func append(_ id: MessageID, subject: some Collection<UInt8>, to records: inout [UInt8]) {
        records.append(integer: live)
        records.append(integer: UInt16(subject.count + 1))
        records.append(contentsOf: identity(id))
        records.append(contentsOf: subject)
        records.append(UInt8(ascii: "\n"))
    }

    /// What of a record tells whose it is; it follows the four bytes of mark and length.
    static func identity(_ id: MessageID) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: id.sequence)
        bytes.append(integer: id.random)
        bytes.append(integer: UInt64(id.size))
        return bytes
    }

    static var liveMark: [UInt8] { mark(live) }
    static var deletedMark: [UInt8] { mark(deleted) }

    private static func mark(_ value: UInt16) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: value)
        return bytes
    }
}
