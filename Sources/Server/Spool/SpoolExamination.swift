/// A look at everything in a spool: what is damaged, and what the next server would do about the rest.

import MailCore
import Posix
import SystemPackage

/// Changes nothing on the disk and takes no lock, so that nobody is kept from starting. Of a spool in use it would show
/// what is under way, so the caller asks whether a server holds the lock, before the look and after it.
package struct SpoolExamination {
    /// Mail that READ will not give, folders that answer ERR, an index that is believed and wrong: each a line.
    package private(set) var damages: [String] = []
    /// What recovery does, or leaves alone.
    package private(set) var notes: [String] = []
    package private(set) var mailboxes = 0
    package private(set) var messages = 0

    private let bootID: [UInt8]

    init(_ spool: borrowing Directory, bootID: [UInt8]) throws(Errno) {
        self.bootID = bootID
        try lookAtDrafts(spool)
        for name in try spool.names().sorted() where !name.hasPrefix(".") {
            if let user = Username(Array(name.utf8)) {
                try lookAt(user, spool)
            } else {
                notes.append("\(name) is no user's name: left alone")
            }
        }
    }

    // MARK: Drafts

    private mutating func lookAtDrafts(_ spool: borrowing Directory) throws(Errno) {
        guard let drafts = try SpoolExamination.found({ () throws(Errno) in try spool.openDirectory(".tmp") }) else {
            return
        }
        for name in try drafts.names().sorted() {
            notes.append(".tmp/\(name): \(SpoolExamination.fate(of: name, in: drafts))")
        }
    }

    private static func fate(of name: String, in drafts: borrowing Directory) -> String {
        guard let draft = try? drafts.open(name, .readWrite), let isFree = try? tryLock(draft.number, .exclusive)
        else { return "no draft: left alone" }
        return isFree ? "its writer is gone: a start removes it" : "its writer lives"
    }

    // MARK: Mailboxes

    private mutating func lookAt(_ user: Username, _ spool: borrowing Directory) throws(Errno) {
        mailboxes += 1
        do {
            guard let mailbox = try Mailbox.open(user, in: spool) else {
                notes.append("\(user) has no new/: LIST says 0, the next SEND makes it")
                return
            }
            let ids = try lookAtMessages(of: user, mailbox)
            if try !mailbox.hasLock() { notes.append("\(user) has no lock: the next to come syncs the folders") }
            try lookAtIndex(of: user, mailbox, ids)
        } catch {
            let reason = error == .permissionDenied ? "somebody else's, or writable by others" : "\(error)"
            damages.append("\(user): \(reason): its commands answer ERR")
        }
    }

    private mutating func lookAtMessages(of user: Username, _ mailbox: borrowing Mailbox) throws(Errno) -> [MessageID] {
        var ids: [MessageID] = []
        for name in try mailbox.messages.names().sorted() {
            guard let id = MessageID(name: name), id.sequence <= MessageID.maximumSequence else {
                notes.append("\(user)/new/\(name) is no message's name: left alone")
                continue
            }
            ids.append(id)
            messages += 1
            if let fault = fault(of: id, of: user, mailbox) { damages.append("\(user)/new/\(name): \(fault)") }
        }
        return ids.sorted()
    }

    private func fault(of id: MessageID, of user: Username, _ mailbox: borrowing Mailbox) -> String? {
        do {
            guard let file = try mailbox.open(id) else { return "gone meanwhile" }
            let status = try status(of: file.number)
            if !status.isRegular { return "no regular file: READ answers ERR, DEL removes it" }
            if status.size != id.size {
                return "\(status.size) bytes, its name says \(id.size): READ answers ERR, DEL removes it"
            }
            if try !StoredMessage.hasEnd(file.number, size: status.size) {
                return "no final dot: READ answers ERR, DEL removes it"
            }
            if try !hasHead(file.number, size: status.size, receiver: user) {
                return "no header of three lines to \(user): READ gives it as it is"
            }
            if status.mode & 0o177 != 0 { return "mode \(String(status.mode, radix: 8)): run chmod 600 on it" }
            return nil
        } catch {
            return "cannot be read (\(error)): READ answers ERR"
        }
    }

    // MARK: The index

    private mutating func lookAtIndex(
        of user: Username, _ mailbox: borrowing Mailbox, _ ids: [MessageID]
    ) throws(Errno) {
        guard let file = try IndexFile.existing(in: mailbox.folder) else {
            notes.append("\(user) has no index: made from the files")
            return
        }
        guard let header = try file.header() else {
            notes.append("\(user)/index is torn: made from the files")
            return
        }
        let distrust =
            if !header.isClean {
                "is dirty"
            } else if header.bootID != bootID {
                "is of another boot"
            } else if try !file.holdsRecords(of: header) {
                "holds other records than its header says"
            } else {
                "is behind new/"
            }
        guard try MailboxIndex.isBelievable(header, of: file, bootID: bootID, mailbox) else {
            notes.append("\(user)/index \(distrust): made from the files")
            return
        }
        let listing = try Listing(header, after: 0) { (position, buffer) throws(Errno) in
            try file.read(at: position, into: &buffer)
        }
        guard let listing else {
            notes.append("\(user)/index holds other records than its header says: made from the files")
            return
        }
        if listing.ids != ids { damages.append("\(user)/index does not show what is in new/: run touch on new/") }
    }

    /// Nil where there is nothing of the name.
    private static func found<Result: ~Copyable>(_ open: () throws(Errno) -> Result) throws(Errno) -> Result? {
        do { return try open() } catch { if error == .noSuchFileOrDirectory { return nil } else { throw error } }
    }
}

/// Whether a stored message begins as one (READ-5).
private func hasHead(_ file: Int32, size: Int, receiver: Username) throws(Errno) -> Bool {
    let longestHead = 512
    let head = try readWhole(file, count: min(size, longestHead), fromOffset: 0)
    let lines = head.split(separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
    return lines.count == 4 && Username(Array(lines[0])) != nil && Username(Array(lines[1])) == receiver
        && Subject(Array(lines[2])) != nil
}
