/// The spool: every user's mailbox, in one folder.

package import MailCore
package import Posix
package import SystemPackage

/// Opened once by the supervisor before it forks; the sessions inherit the descriptors. Several processes may
/// use it at once; all that has to be exclusive happens under a lock of the mailbox, for which each operation
/// opens a file of its own.
package final class Spool {
    /// The spool's folder; names with a dot in front are not users.
    package let folder: Directory
    /// `.tmp/`: messages that are not complete.
    let drafts: Directory
    private let bootID: [UInt8]
    /// The lock is the opening process's alone; forked sessions inherit the descriptor only, and give it up.
    private let lock: OwnedDescriptor
    /// The folder's path if opening made it.
    let madeAt: String?

    init(
        folder: consuming Directory, drafts: consuming Directory, lock: consuming OwnedDescriptor, bootID: [UInt8],
        madeAt: String?
    ) {
        self.folder = folder
        self.drafts = drafts
        self.lock = lock
        self.bootID = bootID
        self.madeAt = madeAt
    }

    /// In a session: gives up what it inherited of the lock. The lock itself stays with the supervisor.
    package func closeLockInChild() { lock.closeInChild() }

    /// A message to be written; nothing of it is seen before it is delivered (LIST-3).
    package func draft(sender: Username, receiver: Username, subject: Subject) throws(Errno) -> Draft {
        try Draft.begin(in: self, sender: sender, receiver: receiver, subject: subject)
    }

    package func list(_ user: Username) throws(Errno) -> Listing { try listing(user, after: 0) }

    /// What has arrived since a listing whose highest sequence was `last`, in order (READ-4).
    package func arrivals(_ user: Username, after last: UInt64) throws(Errno) -> [MessageID] {
        try listing(user, after: last).ids
    }

    private func listing(_ user: Username, after last: UInt64) throws(Errno) -> Listing {
        guard let mailbox = try Mailbox.open(user, in: folder) else { return .empty }
        for distrusted in [false, true] {
            var index = try MailboxIndex.open(mailbox, of: folder, bootID: bootID, distrusted: distrusted)
            if let listing = try index.list(after: last, mailbox) { return listing }
        }
        throw .ioError  // what was just written does not come back
    }

    /// Nil when the message is gone. A damaged one throws: not a regular file, a link, of another size than its name
    /// says, or without its final dot, which its reader would wait for.
    package func open(_ id: MessageID, of user: Username) throws(Errno) -> StoredMessage? {
        guard let mailbox = try Mailbox.open(user, in: folder), let file = try mailbox.open(id) else { return nil }
        let status = try status(of: file.number)
        guard status.isRegular, status.size == id.size, try StoredMessage.hasEnd(file.number, size: id.size) else {
            throw .ioError
        }
        return StoredMessage(descriptor: file, size: id.size)
    }

    /// True when this call removed the message, for good (DEL-1); false when it was gone (DEL-2, DEL-3).
    package func delete(_ id: MessageID, of user: Username) throws(Errno) -> Bool {
        guard let mailbox = try Mailbox.open(user, in: folder) else { return false }
        guard try remove(id, from: mailbox) else { return false }
        try mailbox.messages.sync()
        return true
    }

    /// Gives the finished draft `name` its place in the mailbox. A link never overwrites, as a rename would.
    func link(
        _ name: String, size: Int, subject: Subject, into mailbox: borrowing Mailbox
    ) throws(Errno) -> MessageID {
        var index = try MailboxIndex.open(mailbox, of: folder, bootID: bootID)
        let id = MessageID(sequence: try index.prepareToAdd(), random: randomNumber(), size: size)
        do {
            try drafts.link(name, into: mailbox.messages, as: id.name)
        } catch {
            index.nothingChanged(mailbox)
            throw error
        }
        index.add(id, subject: subject.bytes, mailbox)
        index.close()
        return id
    }

    /// Not yet durable. False when it was gone.
    func remove(_ id: MessageID, from mailbox: borrowing Mailbox) throws(Errno) -> Bool {
        var index = try MailboxIndex.open(mailbox, of: folder, bootID: bootID)
        try index.prepareToRemove()
        do {
            try mailbox.messages.unlink(id.name)
        } catch {
            index.nothingChanged(mailbox)
            if error == .noSuchFileOrDirectory { return false }
            throw error
        }
        index.remove(id, mailbox)
        index.close()
        return true
    }
}
