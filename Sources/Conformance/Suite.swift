/// The folder conformance/: its catalogue, dialects and transcripts, and which of them a run plays.

import Posix
package import Transcript

package struct Suite: Sendable {
    /// The folder itself, without a slash at its end.
    package let folder: String
    package let catalogue: Catalogue
    package let dialect: Transcript
    package let transcripts: [Transcript]
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
        do {
            let text = String(decoding: try readFile(folder + "/clauses.txt"), as: UTF8.self)
            catalogue = try Catalogue(parsing: text)
        } catch {
            throw .faulty("\(folder): \(error)")
        }
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
        let foundations = found.filter { $0.path.contains("/foundations/") }
        transcripts = foundations + found.filter { !$0.path.contains("/foundations/") }
        self.digests = digests
    }

    /// The event as it means the same on every machine: paths from the suite's folder on, and which text was played.
    package func portable(_ event: RunEvent) -> RunEvent {
        guard case .finished(var result) = event else { return event }
        (result.path, result.digest) = (name(result.path), digests[result.path])
        return .finished(result)
    }

    /// What `Lint` says of the transcripts, in the order of the files.
    package var faults: [ParseError] {
        let levels = Dictionary(uniqueKeysWithValues: catalogue.clauses.map { ($0.id, $0.level) })
        let lint = Lint(dialect: dialect, levels: levels, retired: catalogue.retired, users: nil)
        return transcripts.flatMap { transcript in
            var named = transcript
            named.path = name(transcript.path)
            return lint.findings(in: named)
        }
    }

    /// The path as it is shown: from the suite's folder on.
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

    private static func files(_ path: String) throws(Failure) -> [String] {
        if !isFolder(path) { return [path] }
        let names: [String]
        do { names = try Posix.Directory.open(path: path).names() } catch {
            throw .missing("cannot read \(path): \(error)")
        }
        var files: [String] = []
        for name in names.sorted() {
            let inner = path + "/" + name
            if isFolder(inner) { files += try self.files(inner) }
            if name.hasSuffix(".transcript") { files.append(inner) }
        }
        return files
    }
}
