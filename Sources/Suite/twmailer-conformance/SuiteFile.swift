/// The files that `lint` and `fmt` are given; each is read by itself, so that a fault in one hides none in another.

import ArgumentParser
import Bytes
import Engine
import Posix
import SystemPackage
import Transcript
import World

struct SuiteFile {
    /// No transcript comes near it; of a longer file a part would be taken for the whole.
    private static let longest = 1 << 24

    let path: String
    /// As messages call it.
    let name: String

    init(_ path: String, _ place: SuitePlace) {
        self.path = path
        name = path.hasPrefix(place.folder + "/") ? String(path.dropFirst(place.folder.count + 1)) : path
    }

    var kind: Transcript.Kind { path.hasSuffix(".dialect") ? .dialect : .transcript }

    /// The files at `paths`, and the transcripts and dialects in the folders there, looked up here and then in the suite;
    /// without paths those of the suite.
    static func find(_ paths: [String], _ place: SuitePlace) throws -> [SuiteFile] {
        let given = try paths.map { path in
            for candidate in [path, place.folder + "/" + path] where fingerprint(candidate) != nil { return candidate }
            throw Exit.nothingMatched.said("there is no file or folder '\(path)'")
        }
        do {
            let files = try (given.isEmpty ? [place.folder] : given).flatMap { path in
                let files = try Suite.files(path, endings: [".transcript", ".dialect"])
                if files.isEmpty { throw Exit.nothingMatched.said("there is no transcript or dialect in '\(path)'") }
                return files
            }
            return files.map { SuiteFile($0, place) }
        } catch let failure as Suite.Failure {
            throw Exit.faultOfTheTool.said("\(failure)")
        }
    }

    func bytes() throws(Errno) -> [UInt8] {
        let bytes = try readFile(path, limit: SuiteFile.longest)
        if bytes.count == SuiteFile.longest { throw .fileTooLarge }
        return bytes
    }
}

/// What `lint` and `fmt` have to say of the files, and the exit status that follows.
struct FileReport {
    private var hasFaults = false
    private var hasTrouble = false

    /// nil: the file cannot be read or does not parse, which has been reported.
    mutating func parsed(_ file: SuiteFile) -> Transcript? {
        read(file) { bytes throws(ParseErrors) in try Transcript.parse(bytes, path: file.name, as: file.kind) }
    }

    /// What `work` makes of the file's bytes; nil: it cannot be read or has faults, which have been reported.
    mutating func read<Result>(_ file: SuiteFile, _ work: ([UInt8]) throws(ParseErrors) -> Result) -> Result? {
        let bytes: [UInt8]
        do { bytes = try file.bytes() } catch {
            trouble("cannot read \(file.name): \(error)")
            return nil
        }
        do { return try work(bytes) } catch {
            add(error.errors)
            return nil
        }
    }

    mutating func add(_ faults: [ParseError]) {
        hasFaults = hasFaults || !faults.isEmpty
        for line in faults.flatMap({ $0.description.utf8.split(separator: 10) }) {
            print(Visible.line(Array(line), limit: 2000))
        }
    }

    /// A file that has no fault of its own is in the way of the exit status 0 too.
    mutating func differs(_ file: SuiteFile) {
        hasFaults = true
        print(Visible.line(Array(file.name.utf8), limit: 2000))
    }

    mutating func trouble(_ text: String) {
        hasTrouble = true
        _ = Exit.faultOfTheTool.said(text)
    }

    /// Ends the command where there was anything.
    func finish() throws {
        if hasTrouble { throw ExitCode(Exit.faultOfTheTool.rawValue) }
        if hasFaults { throw ExitCode(1) }
    }
}
