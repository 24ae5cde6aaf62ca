/// A file that appears under its name only when it is complete.

import Posix
import SystemPackage

package struct SavedFile: ~Copyable {
    private let folder: Directory
    private let file: OwnedDescriptor
    private let temporaryName: String
    private let name: String
    private let path: String
    private var isKept = false

    private init(
        _ folder: consuming Directory, _ file: consuming OwnedDescriptor, _ temporaryName: String, _ name: String,
        _ path: String
    ) {
        self.folder = folder
        self.file = file
        self.temporaryName = temporaryName
        self.name = name
        self.path = path
    }

    /// Writes go to a file of another name beside it, with mode 0600; without `finish` it is removed again.
    package static func begin(_ path: String) throws(ClientFailure) -> SavedFile {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let name = parts.last ?? ""
        let parent = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/")
        let temporaryName = ".twmailer-" + randomBytes(8).map { String($0, radix: 16) }.joined()
        do {
            let folder = try Directory.open(path: parent.isEmpty ? "/" : parent)
            try checkReplaceable(folder, name)
            let file = try folder.create(temporaryName, .readWrite, exclusive: true)
            return SavedFile(folder, file, temporaryName, name, path)
        } catch {
            throw failure(path, error)
        }
    }

    deinit { if !isKept { try? folder.unlink(temporaryName) } }

    /// Renaming over a link, a device or a folder would replace it.
    private static func checkReplaceable(_ folder: borrowing Directory, _ name: String) throws(Errno) {
        if name.isEmpty || name == "." || name == ".." { throw .isDirectory }
        do throws(Errno) {
            let old = try folder.open(name, .readOnly)
            let status = try status(of: old.number)
            if !status.isRegular { throw status.isDirectory ? .isDirectory : .fileExists }
        } catch {
            if error != .noSuchFileOrDirectory { throw error }
        }
    }

    package func write(_ bytes: ArraySlice<UInt8>) throws(ClientFailure) {
        do { try writeAll(file.number, bytes.span) } catch { throw SavedFile.failure(path, error) }
    }

    /// On disk, then under its name: the mail may be deleted next.
    package consuming func finish() throws(ClientFailure) {
        do {
            try sync(file.number)
            try folder.rename(temporaryName, to: name)
        } catch {
            throw SavedFile.failure(path, error)
        }
        isKept = true
    }

    private static func failure(_ path: String, _ error: Errno) -> ClientFailure {
        let reason = error == .fileExists || error == .tooManySymbolicLinkLevels ? "it is no regular file" : "\(error)"
        return .failed(.cannotWrite, "cannot write \(excerpt(of: path.utf8)): \(reason); no file was left behind")
    }
}
