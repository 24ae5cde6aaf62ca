/// The folder conformance/, read: its catalogue, one dialect's macros, and its transcripts.

import Bytes
import Posix
package import Results
package import Transcript
import World

package struct Suite: Sendable {
    /// The folder itself, without a slash at its end.
    package let folder: String
    package let catalogue: Catalogue
    package let dialect: Transcript
    package let transcripts: [Transcript]
    /// Those of the folder foundations/, which a run plays before the transcripts that need them.
    package let foundations: [Transcript]
    /// SHA-256 of each transcript's text, by its path.
    private let digests: [String: String]

    package enum Failure: Error, CustomStringConvertible {
        case missing(String)
        case faulty(String)
        package var description: String {
            switch self {
            case .missing(let text), .faulty(let text): text
            }
        }
    }

    /// The checkout that `program` was built in: the nearest folder above it that holds conformance/clauses.txt.
    package static func checkout(above program: String) -> String? {
        var folder = program[...]
        while let slash = folder.lastIndex(of: "/") {
            if fingerprint(folder + "/conformance/clauses.txt") != nil { return String(folder) }
            folder = folder[..<slash]
        }
        return nil
    }

    /// Reads the catalogue and the dialect, and the transcripts at `paths` (files or folders).
    package init(folder: String, dialect: String = "strict", paths: [String]? = nil) throws(Failure) {
        self.folder = folder
        catalogue = try Suite.catalogue(in: folder)
        self.dialect = try Suite.parse(folder + "/dialects/\(dialect).dialect", as: .dialect).transcript
        var (found, digests): ([Transcript], [String: String]) = ([], [:])
        for path in paths ?? [folder] {
            for file in try Suite.files(path) {
                let read = try Suite.parse(file, as: .transcript)
                found.append(read.transcript)
                digests[file] = SHA256.hex(read.bytes)
            }
        }
        // What the others build upon comes first.
        transcripts = found.filter { $0.header.foundation != nil } + found.filter { $0.header.foundation == nil }
        let places = isFolder(folder + "/foundations") ? try Suite.files(folder + "/foundations") : []
        foundations = try places.map { (file) throws(Failure) in
            let read = try Suite.parse(file, as: .transcript)
            digests[file] = SHA256.hex(read.bytes)
            return read.transcript
        }
        self.digests = digests
    }

    package static func catalogue(in folder: String) throws(Failure) -> Catalogue {
        do {
            return try Catalogue(parsing: String(decoding: try readFile(folder + "/clauses.txt"), as: UTF8.self))
        } catch {
            throw .faulty("\(folder): \(error)")
        }
    }

    /// The same event without what only this machine knows: paths start at the suite's folder, and a digest says which
    /// text was played.
    package func portable(_ event: RunEvent) -> RunEvent {
        guard case .finished(var result) = event else { return event }
        (result.path, result.digest) = (name(result.path), digests[result.path])
        return .finished(result)
    }

    /// The path as reports show it: relative to the suite's folder.
    package func name(_ path: String) -> String {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
    }

    private static func parse(
        _ path: String, as kind: Transcript.Kind
    ) throws(Failure) -> (transcript: Transcript, bytes: [UInt8]) {
        let bytes: [UInt8]
        do { bytes = try readFile(path, limit: 1 << 24) } catch { throw .missing("cannot read \(path): \(error)") }
        do { return (try Transcript.parse(bytes, path: path, as: kind), bytes) } catch { throw .faulty("\(error)") }
    }

    /// `path` itself when it is a file, whatever its name; of a folder, the files below it with these endings.
    package static func files(_ path: String, endings: [String] = [".transcript"]) throws(Failure) -> [String] {
        if !isFolder(path) && !isFolder(path + "/.") { return [path] }
        let names: [String]
        do { names = try Posix.Directory.open(path: path).names() } catch {
            throw .missing("cannot read \(path): \(error)")
        }
        var files: [String] = []
        for name in names.sorted() {
            let inner = path + "/" + name
            if isFolder(inner) { files += try self.files(inner, endings: endings) }
            if endings.contains(where: name.hasSuffix) { files.append(inner) }
        }
        return files
    }
}
