/// A mailbox read from its files, which are the truth.

import Posix
import SystemPackage

/// The records of an index, made anew.
struct MailboxScan {
    /// Sender, receiver and subject, a line each, at their longest: 33, 33 and 321 bytes.
    private static let longestHead = 512

    private(set) var records: [UInt8] = []
    private(set) var live = 0
    private(set) var highest: UInt64 = 0

    /// A name of the right form is a message, in whatever state its file is: it keeps its number, so that
    /// damage is seen (READ answers ERR) and can be removed (DEL). Any other name is not ours.
    init(_ mailbox: borrowing Mailbox) throws(Errno) {
        var ids: [MessageID] = []
        for name in try mailbox.messages.names() {
            if let id = MessageID(name: name), id.sequence <= MessageID.maximumSequence { ids.append(id) }
        }
        ids.sort()
        highest = ids.last?.sequence ?? 0
        var head = [UInt8](repeating: 0, count: MailboxScan.longestHead)
        for id in ids {
            guard let subject = try MailboxScan.subject(of: id, in: mailbox, head: &head) else { continue }
            IndexRecord.append(id, subject: subject, to: &records)
            live += 1
        }
    }

    /// The third line; empty for a damaged file, nil for one that has just gone.
    private static func subject(
        of id: MessageID, in mailbox: borrowing Mailbox, head: inout [UInt8]
    ) throws(Errno) -> ArraySlice<UInt8>? {
        do {
            guard let file = try mailbox.open(id) else { return nil }
            let count = try read(file.number, into: &head, count: head.count, fromOffset: 0)
            let lines = head[..<count].split(
                separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
            return lines.count == 4 ? lines[2] : []
        } catch {
            // Not the file's fault, so nothing to remember about it.
            if [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error) { throw error }
            return []
        }
    }
}
