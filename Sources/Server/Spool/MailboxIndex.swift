/// The index of a mailbox, under the mailbox's lock: LIST without reading the directory.

import Posix
import SystemPackage

/// It is a memory of the files and never the truth, and it is never synced. It is marked dirty before `new/`
/// changes and clean when the change is recorded; a header that is dirty, torn, of another boot, or does not
/// know the directory's present mtime is not believed, and the records are made from the files (docs/SPOOL.md).
/// The lock is held for as long as the value lives.
struct MailboxIndex: ~Copyable {
    /// Fewer deleted records than this are not worth a rewrite.
    private static let fewDeleted = 256

    /// Where the records are.
    private enum Records {
        case file
        /// Made anew, and the file does not take them (a full disk): the mailbox works without it.
        case memory([UInt8])
        /// Given up until the next to come makes them.
        case lost
    }

    private let lock: MailboxLock
    private let file: IndexFile
    private var header: IndexHeader
    private var records: Records

    /// Takes the lock. `distrusted`: the caller has seen that the records are not what the header says.
    static func open(
        _ mailbox: borrowing Mailbox, of spool: borrowing Directory, bootID: [UInt8], distrusted: Bool = false
    ) throws(Errno) -> MailboxIndex {
        let lock = try mailbox.lock(in: spool)
        let file = try IndexFile.open(in: mailbox.folder)
        let stored = try file.header()
        if let stored, !distrusted, try isBelievable(stored, of: file, bootID: bootID, mailbox) {
            return MailboxIndex(lock: lock, file: file, header: stored, records: .file)
        }
        let scan = try MailboxScan(mailbox)
        var header = IndexHeader(bootID: bootID)
        header.highest = max(scan.highest, stored?.highest ?? 0)
        header.live = scan.live
        var index = MailboxIndex(lock: lock, file: file, header: header, records: .memory(scan.records))
        if index.replaceRecords(scan.records, mailbox) { index.records = .file }
        return index
    }

    /// Nobody died between a change and its record, or changed `new/` otherwise, or on another boot.
    static func isBelievable(
        _ header: IndexHeader, of file: borrowing IndexFile, bootID: [UInt8], _ mailbox: borrowing Mailbox
    ) throws(Errno) -> Bool {
        guard header.isClean, header.bootID == bootID, try file.holdsRecords(of: header) else { return false }
        return header.folder == (try state(of: mailbox))
    }

    /// Gives the lock back.
    consuming func close() {}

    /// Nil when the records are not what the header says. `last`: as in `Listing`.
    mutating func list(after last: UInt64, _ mailbox: borrowing Mailbox) throws(Errno) -> Listing? {
        if header.highest <= last { return .empty }
        if header.deleted > header.live, header.deleted > MailboxIndex.fewDeleted { try compact(mailbox) }
        return try Listing(header, after: last) { (position, buffer) throws(Errno) in
            try read(at: position, into: &buffer)
        }
    }

    /// Before a message comes. Gives its sequence, which is used up whatever becomes of it.
    mutating func prepareToAdd() throws(Errno) -> UInt64 {
        guard header.highest < MessageID.maximumSequence else { throw .overflow }
        header.highest += 1
        try markDirty()
        return header.highest
    }

    /// Before a message goes.
    mutating func prepareToRemove() throws(Errno) { try markDirty() }

    /// After it did neither.
    mutating func nothingChanged(_ mailbox: borrowing Mailbox) { markClean(mailbox) }

    /// After `id` came.
    mutating func add(_ id: MessageID, subject: [UInt8], _ mailbox: borrowing Mailbox) {
        var record: [UInt8] = []
        IndexRecord.append(id, subject: subject, to: &record)
        guard isStored, file.write(record, at: header.recordsLength) else { return }
        header.recordsLength += record.count
        header.live += 1
        markClean(mailbox)
    }

    /// After `id` went.
    mutating func remove(_ id: MessageID, _ mailbox: borrowing Mailbox) {
        guard isStored, let position = position(of: id), file.write(IndexRecord.deletedMark, at: position) else {
            return
        }
        header.live -= 1
        header.deleted += 1
        markClean(mailbox)
    }

    // MARK: - What cannot be written leaves the index dirty: the files are asked the next time.

    private var isStored: Bool {
        if case .file = records { true } else { false }
    }

    private mutating func markDirty() throws(Errno) {
        header.isClean = false
        if isStored, (try? file.write(header)) != nil { return }
        // A full disk: emptying needs no room, and what is empty is not believed either.
        records = .lost
        try file.empty()
    }

    private mutating func markClean(_ mailbox: borrowing Mailbox) {
        guard isStored, let folder = try? MailboxIndex.state(of: mailbox) else { return }
        header.folder = folder
        header.isClean = true
        _ = try? file.write(header)
    }

    /// False when the file does not hold them now.
    private mutating func replaceRecords(_ records: [UInt8], _ mailbox: borrowing Mailbox) -> Bool {
        header.deleted = 0
        header.recordsLength = records.count
        header.isClean = false
        do {
            try file.write(header)
            try file.replaceRecords(records)
            header.folder = try MailboxIndex.state(of: mailbox)
            header.isClean = true
            try file.write(header)
            return true
        } catch {
            return false
        }
    }

    /// Leaves out the deleted records. Not in `remove`: who deletes many messages has their places.
    private mutating func compact(_ mailbox: borrowing Mailbox) throws(Errno) {
        guard isStored else { return }
        let all = try file.records(length: header.recordsLength)
        var kept: [UInt8] = []
        var (live, position) = (0, 0)
        while let record = IndexRecord(all.span, at: position) {
            if record.isLive {
                kept += all[position..<record.end]
                live += 1
            }
            position = record.end
        }
        guard position == all.count, live == header.live else { return }
        if !replaceRecords(kept, mailbox) { records = .memory(kept) }
    }

    private func read(at position: Int, into buffer: inout [UInt8]) throws(Errno) -> Int {
        switch records {
        case .file: return try file.read(at: position, into: &buffer)
        case .memory(let records):
            let piece = records[position...].prefix(buffer.count)
            buffer.replaceSubrange(..<piece.count, with: piece)
            return piece.count
        case .lost: return 0
        }
    }

    /// Where the live record of `id` is: where the id says, or wherever it is found.
    private func position(of id: MessageID) -> Int? {
        if id.place + IndexRecord.minimumLength <= header.recordsLength,
            file.hasLiveRecord(of: id, at: id.place)
        {
            return id.place
        }
        guard let records = try? file.records(length: header.recordsLength) else { return nil }
        var position = 0
        while let record = IndexRecord(records.span, at: position) {
            if record.isLive, record.id(place: position) == id { return position }
            position = record.end
        }
        return nil
    }

    private static func state(of mailbox: borrowing Mailbox) throws(Errno) -> IndexHeader.FolderState {
        let status = try status(of: mailbox.messages.descriptor.number)
        return IndexHeader.FolderState(inode: status.inode, modified: status.modified)
    }
}
