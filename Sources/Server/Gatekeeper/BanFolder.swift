/// The folder of bans: a file per banned address, named by it, durable before the ban is told to anybody.

import MailCore
import Posix
import SystemPackage

struct BanFolder: ~Copyable {
    private let folder: Directory

    static let name = "bans"

    static func open(in parent: borrowing Directory) throws(Errno) -> BanFolder {
        do {
            try parent.makeDirectory(name)
            try parent.sync()
        } catch {
            if error != .fileExists { throw error }
        }
        return BanFolder(folder: try parent.openDirectory(name))
    }

    /// Nil when there is none; makes nothing.
    static func existing(in parent: borrowing Directory) throws(Errno) -> BanFolder? {
        do {
            return BanFolder(folder: try parent.openDirectory(name))
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    private init(folder: consuming Directory) { self.folder = folder }

    /// Returns when the ban is on disk, name and content.
    func write(_ record: BanRecord, of address: ClientAddress) throws(Errno) {
        let file = try folder.create(address.description, .readWrite, exclusive: false)
        try writeAll(file.number, record.encoded().span, atOffset: 0)
        try sync(file.number)
        try folder.sync()
    }

    /// Forgets a ban that is over. Should the name come back after a power failure, it is over still.
    func remove(_ address: ClientAddress) throws(Errno) {
        do { try folder.unlink(address.description) } catch { if error != .noSuchFileOrDirectory { throw error } }
    }

    /// Every ban that has a file; nil for a file whose content is torn (BAN-10).
    func load() throws(UnusableFile) -> [(address: ClientAddress, record: BanRecord?)] {
        var bans: [(address: ClientAddress, record: BanRecord?)] = []
        let names = try UnusableFile.naming(BanFolder.name) { () throws(Errno) -> [String] in try folder.names() }
        for name in names {
            guard let address = ClientAddress(text: name) else { continue }
            let path = BanFolder.name + "/" + name
            let content = try UnusableFile.naming(path) { () throws(Errno) -> [UInt8]? in try self.content(of: name) }
            guard let content else { throw UnusableFile(name: path, reason: "it is no file; move it away") }
            bans.append((address, BanRecord(decoding: content)))
        }
        return bans
    }

    /// Nil: not a file.
    private func content(of name: String) throws(Errno) -> [UInt8]? {
        let file = try folder.open(name, .readOnly)
        return try status(of: file.number).isRegular ? readWhole(file.number, limit: StateRecord.size + 1) : nil
    }
}
