/// The crashes of one stage, read when somebody asks, with the lines of source that they happened in.

import Posix
import SystemPackage

package struct CrashRecords: Sendable {
    package let path: String
    /// The folder that the server was built in; a file below it is shown without it.
    private let sources: String?
    /// crashes.c writes no more than 1 MiB and a record.
    private static let mostBytes = 2 << 20
    /// Frames beyond are not asked for.
    private static let deepest = 12

    /// - Parameter path: of a file that is there, and empty.
    init(at path: String, sources: String?) { (self.path, self.sources) = (path, sources) }

    /// Where the next record begins.
    package var mark: Int { bytes.count }

    private var bytes: [UInt8] { (try? readFile(path, limit: CrashRecords.mostBytes)) ?? [] }

    /// In the order of their deaths; a server that wrote something else there is no trouble.
    package func records(since mark: Int) -> [CrashRecord] {
        let text = String(decoding: bytes.dropFirst(mark), as: UTF8.self)
        return CrashRecord.all(in: text, isOwn: CrashRecords.isOwn).map(explained)
    }

    /// The system's libraries and the interposer are nobody's hand-in.
    static func isOwn(_ module: String) -> Bool {
        !["/usr/", "/lib", "/opt/", "/bin/", "/sbin/"].contains { module.hasPrefix($0) }
            && module.lastPart != "testworld.so"
    }

    private func explained(_ record: CrashRecord) -> CrashRecord {
        var record = record
        let own = record.frames.indices.filter { record.frames[$0].isOwn }.prefix(CrashRecords.deepest)
        for module in Set(own.map { record.frames[$0].module }) {
            let indices = own.filter { record.frames[$0].module == module }
            let lines = SourceLines.of(indices.map { record.frames[$0].offset }, in: module)
            for index in indices { record.frames[index].explain(lines[record.frames[index].offset] ?? [], sources) }
        }
        return record
    }
}

extension CrashRecord.Frame {
    /// Of inlined code the innermost that is the server's own.
    fileprivate mutating func explain(_ lines: [SourceLine], _ sources: String?) {
        for line in lines {
            (function, file, self.line) = (line.function, line.file.map { shown($0, sources) }, line.line)
            if isOwnSource { return }
        }
    }

    private func shown(_ file: String, _ sources: String?) -> String {
        if file.hasPrefix("/usr/") { return file }
        if let sources, file.hasPrefix(sources + "/") { return String(file.dropFirst(sources.utf8.count + 1)) }
        return String(file.lastPart)
    }
}
