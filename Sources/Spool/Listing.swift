/// A mailbox's messages as LIST shows them.

import Posix

package struct Listing {
    /// In the order of arrival (LIST-2).
    package private(set) var ids: [MessageID]
    /// One line for each id, ended by LF.
    package private(set) var subjects: [UInt8]

    package static let empty = Listing(ids: [], subjects: [])

    private init(ids: [MessageID], subjects: [UInt8]) {
        self.ids = ids
        self.subjects = subjects
    }

    /// Reads the records of an index; nil when they are not whole records with `live` live ones among them.
    /// `last`: messages up to this sequence are left out.
    init?(records: [UInt8], live: Int, after last: UInt64 = 0) {
        guard live >= 0, live <= records.count / IndexRecord.minimumLength else { return nil }
        let span = records.span
        var (found, position) = (0, 0)
        var ids: [MessageID] = []
        ids.reserveCapacity(last == 0 ? live : 0)
        subjects = [UInt8](capacity: records.count - live * IndexRecord.fixedLength) { subjects in
            while let record = IndexRecord(span, at: position) {
                if record.isLive {
                    found += 1
                    if found > live { return }
                    if record.id.sequence > last {
                        ids.append(record.id)
                        subjects.append(copying: span.extracting(record.subjectLine))
                    }
                }
                position = record.end
            }
        }
        self.ids = ids
        guard position == records.count, found == live else { return nil }
    }
}
