/// How a server takes possession of its spool.

package import Posix
import SystemPackage

extension Spool {
    private static let lockName = ".lock"
    private static let draftsName = ".tmp"

    /// Opens or creates the folder (not its parents), checks that it is ours alone to write, takes its lock,
    /// and removes what dead writers left in `.tmp/`.
    package static func open(path: String, clock: Clock) throws(SpoolFailure) -> Spool {
        let madeAt = fingerprint(path) == nil ? path : nil
        let folder = try openFolder(path)
        try check(folder, path: path)
        let made = try naming(path, makingOf(lockName)) { () throws(Errno) in try makeLock(in: folder) }
        guard let lock = made else { return try open(path: path, clock: clock) }
        let isOurs = try naming(path, SpoolFailure.Fault.system) { () throws(Errno) in
            try tryLockForProcess(lock.number)
        }
        guard isOurs else { throw .inUse(path: path) }
        // Abandoned by another server between our opening it and our locking it.
        let isThere = try naming(path, SpoolFailure.Fault.system) { () throws(Errno) in
            try status(of: lock.number).links > 0
        }
        guard isThere else { return try open(path: path, clock: clock) }
        let drafts = try naming(path, makingOf(draftsName)) { () throws(Errno) in
            try Mailbox.make(draftsName, in: folder)
            return try folder.openDirectory(draftsName)
        }
        try check(drafts, path: path + "/" + draftsName)
        try naming(path, SpoolFailure.Fault.system) { () throws(Errno) in try removeLeftovers(in: drafts) }
        return Spool(folder: folder, drafts: drafts, lock: lock, bootID: bootID(clock), madeAt: madeAt)
    }

    /// What opening the folder would find, and all that is in it; nil where there is no spool yet. Changes nothing.
    package static func examine(path: String, clock: Clock) throws(SpoolFailure) -> SpoolExamination? {
        do {
            return try examine(Directory.open(path: path), path: path, clock)
        } catch let failure as SpoolFailure {
            throw failure
        } catch Errno.noSuchFileOrDirectory {
            _ = try naming(path, SpoolFailure.Fault.cannotCreate) { () throws(Errno) in try parent(of: path) }
            return nil
        } catch {
            throw .unusable(
                path: path, error as? Errno == .notDirectory ? .notADirectory : .system(error as? Errno ?? .ioError))
        }
    }

    private static func examine(
        _ folder: borrowing Directory, path: String, _ clock: Clock
    ) throws(SpoolFailure) -> SpoolExamination {
        try check(folder, path: path)
        // What runs is no concern of recovery; a look keeps nobody from starting.
        var lock: OwnedDescriptor?
        do { lock = try folder.open(lockName, .readOnly) } catch { lock = nil }
        defer { lock = nil }
        if isInUse(lock) { throw .inUse(path: path) }
        do {
            let drafts = try folder.openDirectory(draftsName)
            try check(drafts, path: path + "/" + draftsName)
        } catch let failure as SpoolFailure {
            throw failure
        } catch {
            // A start makes it, or says why not.
        }
        let found = try naming(path, SpoolFailure.Fault.system) { () throws(Errno) in
            try SpoolExamination(folder, bootID: bootID(clock))
        }
        if isInUse(lock) { throw .inUse(path: path) }
        return found
    }

    /// - Parameter lock: none, where no server has made one.
    private static func isInUse(_ lock: borrowing OwnedDescriptor?) -> Bool {
        lock.number >= 0 && (try? isLockedByProcess(lock.number)) != false
    }

    /// Takes back an opening after which no server came to run: what opening put into the folder goes, and the
    /// folder with it if opening made it. A folder with anything else in it stays as it is.
    package func abandon() {
        guard let names = try? folder.names(), Set(names) == [Spool.lockName, Spool.draftsName] else { return }
        do {
            try folder.removeDirectory(Spool.draftsName)
            try folder.unlink(Spool.lockName)
            guard let madeAt else { return }
            let there = try Directory.open(path: madeAt)
            let isOurs = try status(of: there.descriptor.number).inode == status(of: folder.descriptor.number).inode
            if isOurs { try removeFolder(madeAt) }
        } catch {
            return  // What is left is empty and harms nobody.
        }
    }

    /// Nil where the folder itself has been taken back by another server that had made it.
    private static func makeLock(in folder: borrowing Directory) throws(Errno) -> OwnedDescriptor? {
        do {
            return try folder.create(lockName, .readWrite, exclusive: false)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    private static func makingOf(_ name: String) -> (Errno) -> SpoolFailure.Fault {
        { $0 == .isDirectory || $0 == .notDirectory ? .inTheWay(name) : .notWritable($0) }
    }

    /// Turns an errno into a failure that names the spool and the step.
    private static func naming<Result: ~Copyable>(
        _ path: String, _ fault: (Errno) -> SpoolFailure.Fault, _ step: () throws(Errno) -> Result
    ) throws(SpoolFailure) -> Result {
        do { return try step() } catch { throw .unusable(path: path, fault(error)) }
    }

    private static func openFolder(_ path: String) throws(SpoolFailure) -> Directory {
        do {
            return try Directory.open(path: path)
        } catch {
            switch error {
            case .noSuchFileOrDirectory: break
            case .notDirectory: throw .unusable(path: path, .notADirectory)
            default: throw .unusable(path: path, .system(error))
            }
        }
        return try naming(path, SpoolFailure.Fault.cannotCreate) { () throws(Errno) in
            let parent = try parent(of: path)
            let name = FilePath(path).lastComponent!.string
            do throws(Errno) {
                try parent.makeDirectory(name)
            } catch {
                if error != .fileExists { throw error }  // by another server that starts
            }
            let folder = try parent.openDirectory(name)
            try parent.sync()  // SEND-10: a spool that a power loss takes away has stored nothing
            return folder
        }
    }

    private static func parent(of path: String) throws(Errno) -> Directory {
        let path = FilePath(path)
        guard path.lastComponent != nil else { throw .noSuchFileOrDirectory }
        let above = path.removingLastComponent()
        return try Directory.open(path: above.isEmpty ? "." : above.string)
    }

    /// T19, H29.
    private static func check(_ folder: borrowing Directory, path: String) throws(SpoolFailure) {
        let status: FileStatus
        do {
            status = try Posix.status(of: folder.descriptor.number)
        } catch {
            throw .unusable(path: path, .system(error))
        }
        guard status.owner == effectiveUser() else {
            throw .unusable(path: path, .notOurs(owner: status.owner, us: effectiveUser()))
        }
        guard status.mode & 0o022 == 0 else { throw .unusable(path: path, .writableByOthers(mode: status.mode)) }
    }

    /// A writer locks its draft for as long as it lives. (One that has not come to that yet, or has closed the
    /// draft and not yet linked it, loses it here and answers ERR: a session of a server that has just died.)
    private static func removeLeftovers(in drafts: borrowing Directory) throws(Errno) {
        for name in try drafts.names() {
            do {
                let draft = try drafts.open(name, .readWrite)
                if try tryLock(draft.number, .exclusive) { try drafts.unlink(name) }
            } catch {
                // What is no file of ours stays; nothing else looks at it.
                continue
            }
        }
    }

    /// Where the kernel does not say which boot this is, no index of an earlier run is believed.
    private static func bootID(_ clock: Clock) -> [UInt8] {
        let id = clock.bootID()
        return Array((id == "unknown" ? String(randomNumber(), radix: 16) : id).utf8)
    }
}
