/// Follows the directory's log, and counts the binds with a name.

import Glibc
import Posix
import SystemPackage

struct DirectoryLog: ~Copyable {
    private let file: OwnedDescriptor
    private var offset = 0
    private var partial: [UInt8] = []
    private var binds = 0
    private(set) var askedForTLS = false

    init(path: String) throws(Errno) {
        let slash = path.lastIndex(of: "/")!
        let folder = try Posix.Directory.open(path: String(path[..<slash]))
        file = try folder.open(String(path[path.index(after: slash)...]), .readOnly)
    }

    /// Forgets the count; the log up to here belongs to an earlier transcript.
    mutating func mark() throws(Errno) {
        _ = try count()
        (binds, askedForTLS, partial) = (0, false, [])
    }

    /// The binds since the mark.
    mutating func count() throws(Errno) -> Int {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = try read(file.number, into: &buffer, count: buffer.count, fromOffset: offset)
            if got == 0 { return binds }
            offset += got
            partial += buffer[..<got]
            guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let lines = partial[...end].split(separator: UInt8(ascii: "\n"))
            binds += lines.count { DirectoryLog.isBind($0) }
            askedForTLS = askedForTLS || lines.contains { DirectoryLog.isStartTLS($0) }
            partial.removeSubrange(...end)
        }
    }

    /// `conn=… EXT oid=…`: StartTLS (RFC 4511, 4.14.1).
    static func isStartTLS(_ line: ArraySlice<UInt8>) -> Bool {
        line.contains(sequence: " EXT oid=1.3.6.1.4.1.1466.20037")
    }

    /// `conn=… BIND dn="uid=…" method=128`. A success logs a second line (`mech=SIMPLE`), a rebind an empty name.
    static func isBind(_ line: ArraySlice<UInt8>) -> Bool {
        line.contains(sequence: " BIND dn=\"") && line.contains(sequence: "\" method=128")
            && !line.contains(sequence: " BIND dn=\"\"")
    }
}

extension ArraySlice<UInt8> {
    /// `contains` of the standard library takes a hundred times as long for bytes (15 µs for a line of the log), and
    /// logs and memory maps are searched while a test waits.
    func contains(sequence: String) -> Bool {
        let wanted = Array(sequence.utf8)
        guard count >= wanted.count else { return false }
        return (startIndex...(endIndex - wanted.count)).contains {
            self[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }
}
