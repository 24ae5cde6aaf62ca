/// Bounds that a process sets itself and its children, for good, and that the kernel keeps (landlock(7)).

import CPosix
import Glibc
package import SystemPackage

/// Made once, entered by this process or by any child it forks; several add up. Needs PR_SET_NO_NEW_PRIVS. Where the
/// kernel offers nothing of the kind it is empty, and entering changes nothing.
package struct Confinement: ~Copyable {
    private var rules: OwnedDescriptor?

    /// Linux 5.19 or later, with Landlock enabled: before, a link from one folder into another could not be allowed.
    package static var isPossible: Bool { Kernel.current != nil }

    /// TCP from Linux 6.7 on, signals from 6.12 on.
    package static var reachesNetwork: Bool { Kernel.current.map { $0.version >= 4 } ?? false }
    package static var reachesSignals: Bool { Kernel.current.map { $0.version >= 6 } ?? false }

    /// Files are changed in or below `places` alone, and no TCP port is opened; reading stays as it was.
    package static func changing(only places: [String]) throws(Errno) -> Confinement {
        guard let kernel = Kernel.current else { return Confinement(rules: nil) }
        let rules = try kernel.rules(Rights.changing, network: .bind, scopes: .none)
        for path in places {
            let place = OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) })
            try kernel.allow(Rights.changingMail, in: place.number, by: rules.number)
        }
        return Confinement(rules: rules)
    }

    /// No file is opened but in or below `folder`; no program is started there, no TCP socket connected or bound, no
    /// other process signalled. What is open already stays open.
    package static func staying(in folder: borrowing Directory) throws(Errno) -> Confinement {
        guard let kernel = Kernel.current else { return Confinement(rules: nil) }
        let rules = try kernel.rules(Rights.all, network: .all, scopes: .all)
        let rights: Rights = [Rights.changingMail, .readFile, .readFolder]
        try kernel.allow(rights, in: folder.descriptor.number, by: rules.number)
        return Confinement(rules: rules)
    }

    private init(rules: consuming OwnedDescriptor?) { self.rules = rules }

    /// There is no way back.
    package func enter() throws(Errno) {
        if rules.number != -1 { try retrying { cposix_landlock_enter(rules.number) } }
    }

    /// Closes its descriptor; who has entered stays inside.
    package mutating func forget() { rules = nil }
}

/// LANDLOCK_ACCESS_FS_*.
private struct Rights: OptionSet {
    let rawValue: UInt64
    static let execute = Rights(rawValue: 1 << 0)
    static let writeFile = Rights(rawValue: 1 << 1)
    static let readFile = Rights(rawValue: 1 << 2)
    static let readFolder = Rights(rawValue: 1 << 3)
    static let removeFolder = Rights(rawValue: 1 << 4)
    static let removeFile = Rights(rawValue: 1 << 5)
    static let makeFolder = Rights(rawValue: 1 << 7)
    static let makeFile = Rights(rawValue: 1 << 8)
    static let linkAcross = Rights(rawValue: 1 << 13)
    static let truncate = Rights(rawValue: 1 << 14)
    static let ioctlOfDevice = Rights(rawValue: 1 << 15)

    static let all = Rights(rawValue: 0xffff)
    static let changing = all.subtracting([execute, readFile, readFolder, ioctlOfDevice])
    /// No devices, sockets, pipes or symbolic links.
    static let changingMail: Rights = [
        writeFile, removeFolder, removeFile, makeFolder, makeFile, linkAcross, truncate,
    ]
    static let ofFiles: Rights = [execute, writeFile, readFile, truncate, ioctlOfDevice]
}

private enum Network: UInt64 { case bind = 1, all = 3 }
private enum Scopes: UInt64 { case none = 0, all = 3 }

/// What the running kernel knows of it.
private struct Kernel {
    let version: Int32

    static var current: Kernel? {
        let version = cposix_landlock_version()
        return version >= 2 ? Kernel(version: version) : nil
    }

    private var files: Rights { Rights(rawValue: version >= 5 ? 0xffff : version >= 3 ? 0x7fff : 0x3fff) }

    /// All of these taken away.
    func rules(_ taken: Rights, network: Network, scopes: Scopes) throws(Errno) -> OwnedDescriptor {
        let (network, scopes) = (version >= 4 ? network.rawValue : 0, version >= 6 ? scopes.rawValue : 0)
        let taken = taken.intersection(files).rawValue
        return OwnedDescriptor(owning: try retrying { cposix_landlock_rules(taken, network, scopes) })
    }

    /// These given back in a folder, or for a file.
    func allow(_ rights: Rights, in place: Int32, by rules: Int32) throws(Errno) {
        let known = rights.intersection(try status(of: place).isDirectory ? files : files.intersection(Rights.ofFiles))
        try retrying { cposix_landlock_allow(rules, known.rawValue, place) }
    }
}
