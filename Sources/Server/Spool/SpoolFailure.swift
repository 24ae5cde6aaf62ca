/// Why a server cannot have its spool.

package import SystemPackage

package enum SpoolFailure: Error, Equatable, CustomStringConvertible {
    /// Another server holds it (exit status 75).
    case inUse(path: String)
    /// It cannot be a spool as it stands (exit status 73).
    case unusable(path: String, Fault)

    package enum Fault: Equatable {
        case notADirectory
        case notOurs(owner: UInt32, us: UInt32)
        case writableByOthers(mode: UInt32)
        case cannotCreate(Errno)
        case notWritable(Errno)
        /// Of another kind than what the server makes under this name.
        case inTheWay(String)
        case system(Errno)
    }

    package var isInUse: Bool { if case .inUse = self { true } else { false } }

    /// One line: what is wrong and what to do.
    package var description: String {
        switch self {
        case .inUse(let path):
            "\(path) is in use by another server: stop that one, or give this one a spool of its own"
        case .unusable(let path, .notADirectory):
            "\(path) is not a directory: remove it, or name another folder"
        case .unusable(let path, .notOurs(let owner, let us)):
            "\(path) belongs to user \(owner) and not to this server's user \(us): chown it, or name another folder"
        case .unusable(let path, .writableByOthers(let mode)):
            "\(path) is writable by others (mode \(String(mode, radix: 8))): name a folder of your own, or run chmod go-w on it"
        case .unusable(let path, .cannotCreate(let error)):
            "cannot create \(path): \(error): make its parent folder, or name another"
        case .unusable(let path, .notWritable(let error)):
            "cannot write in \(path): \(error): give this server's user write access, or name another folder"
        case .unusable(let path, .inTheWay(let name)):
            "\(path)/\(name) is in the way of the server's own: move it away, or name another folder"
        case .unusable(let path, .system(let error)):
            "cannot use \(path): \(error)"
        }
    }
}
