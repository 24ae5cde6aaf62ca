/// One user's mailbox: its folder, its messages, its lock.

import MailCore
import Posix
import SystemPackage

struct Mailbox: ~Copyable {
    private static let messagesName = "new"
    private static let lockName = "lock"

    /// `<user>/`
    let folder: Directory
    /// `<user>/new/`: a message is there, whole, or not at all (LIST-3).
    let messages: Directory

    /// Nil when the user has none.
    static func open(_ user: Username, in spool: borrowing Directory) throws(Errno) -> Mailbox? {
        do {
            let folder = try trusted(spool.openDirectory(user.description))
            let messages = try trusted(folder.openDirectory(messagesName))
            return Mailbox(folder: folder, messages: messages)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    static func openOrCreate(_ user: Username, in spool: borrowing Directory) throws(Errno) -> Mailbox {
        if let mailbox = try open(user, in: spool) { return mailbox }
        try make(user.description, in: spool)
        let folder = try trusted(spool.openDirectory(user.description))
        try make(messagesName, in: folder)
        let messages = try trusted(folder.openDirectory(messagesName))
        return Mailbox(folder: folder, messages: messages)
    }

    /// Waits for the mailbox's lock.
    ///
    /// The lock file is made last: where it exists somebody has synced the mailbox's folders, and whoever
    /// finds none does that before going on. So nobody answers OK for mail in a folder that a power loss
    /// may take away because its maker had not come that far.
    func lock(in spool: borrowing Directory) throws(Errno) -> MailboxLock {
        let file = try lockFile(in: spool)
        try Posix.lock(file.number, .exclusive)
        return MailboxLock(file)
    }

    private func lockFile(in spool: borrowing Directory) throws(Errno) -> OwnedDescriptor {
        do {
            return try folder.open(Mailbox.lockName, .readWrite)
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            try folder.sync()
            try spool.sync()
            return try folder.create(Mailbox.lockName, .readWrite, exclusive: false)
        }
    }

    func hasLock() throws(Errno) -> Bool {
        do {
            _ = try folder.open(Mailbox.lockName, .readWrite)
            return true
        } catch {
            if error == .noSuchFileOrDirectory { return false }
            throw error
        }
    }

    /// The stored file of a message; nil when it is gone.
    func open(_ id: MessageID) throws(Errno) -> OwnedDescriptor? {
        do {
            return try messages.open(id.name, .readOnly)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    /// Makes a folder unless it is there.
    static func make(_ name: String, in parent: borrowing Directory) throws(Errno) {
        do {
            try parent.makeDirectory(name)
        } catch {
            // Another session delivers to the same new mailbox.
            guard error == .fileExists else { throw error }
        }
    }

    /// T19: a folder that somebody else may change is no place for mail.
    private static func trusted(_ folder: consuming Directory) throws(Errno) -> Directory {
        let status = try status(of: folder.descriptor.number)
        guard status.owner == effectiveUser(), status.mode & 0o022 == 0 else { throw .permissionDenied }
        return folder
    }
}

/// Held for as long as the value lives, and no longer than the process (H30).
struct MailboxLock: ~Copyable {
    private let file: OwnedDescriptor

    fileprivate init(_ file: consuming OwnedDescriptor) { self.file = file }

    // Not left to the close alone, which frees nothing while another process has a copy of the descriptor.
    deinit { try? unlock(file.number) }
}
