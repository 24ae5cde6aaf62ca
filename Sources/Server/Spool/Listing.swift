/// A mailbox's messages as LIST shows them.

import Posix
import SystemPackage

package struct Listing {
    /// In the order of arrival (LIST-2).
    package private(set) var ids: [MessageID] = []
    /// One line for each id, ended by LF.
    package private(set) var subjects: [UInt8] = []

    package static let empty = Listing()

    private init() {}

    /// Reads the records that `header` describes; nil when they are not that many whole records.
    /// `last`: messages up to this sequence are left out.
    /// `piece` puts the bytes from a position among the records on into the buffer and says how many.
    init?(
        _ header: IndexHeader, after last: UInt64,
        piece: (_ position: Int, _ buffer: inout [UInt8]) throws(Errno) -> Int
    ) throws(Errno) {
        let room = header.recordsLength - (header.live + header.deleted) * IndexRecord.fixedLength
        guard header.live >= 0, header.deleted >= 0, room >= header.live + header.deleted else { return nil }
        // Not always the whole length: each page of it costs a session as much as ten records.
        var buffer = [UInt8](repeating: 0, count: min(header.recordsLength, Listing.pieceLength))
        var (ids, live, deleted, position): ([MessageID], Int, Int, Int) = ([], 0, 0, 0)
        if last == 0 { ids.reserveCapacity(header.live) }
        subjects = try [UInt8](capacity: room) { (subjects) throws(Errno) in
            while position < header.recordsLength {
                let count = min(try piece(position, &buffer), header.recordsLength - position)
                let bytes = buffer.span.extracting(first: count)
                var next = 0
                while let record = IndexRecord(bytes, at: next) {
                    if record.isLive { live += 1 } else { deleted += 1 }
                    guard live <= header.live, deleted <= header.deleted,
                        record.subjectLine.count <= subjects.freeCapacity
                    else { return }
                    if record.isLive, record.sequence > last {
                        ids.append(record.id(place: position + next))
                        subjects.append(copying: bytes.extracting(record.subjectLine))
                    }
                    next = record.end
                }
                guard next > 0 else { return }
                position += next
            }
        }
        guard position == header.recordsLength, live == header.live, deleted == header.deleted,
            occurrences(of: UInt8(ascii: "\n"), in: subjects) == ids.count
        else { return nil }
        self.ids = ids
    }

    /// More than the longest record, and little enough to stay in the processor's cache.
    private static let pieceLength = 128 * 1024
}
