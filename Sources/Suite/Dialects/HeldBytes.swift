/// Bytes from a server that are held back until it is clear what they are; cuts them into lines.

struct HeldBytes {
    /// Whether more may follow, or the server rests and this may be all, or the connection has ended.
    enum Moment { case open, atRest, over }

    struct Line {
        var text: ArraySlice<UInt8>
        /// With its end.
        var count: Int
        enum End { case lineFeed, carriageReturn, nul, none }
        var end: End
    }

    private(set) var bytes: [UInt8] = []
    var moment = Moment.open
    /// A line that is longer is cut here.
    private static let longestLine = 65_536

    var isEmpty: Bool { bytes.isEmpty }
    var mayGrow: Bool { moment == .open }
    /// Whether the end of a line that is not there may still come.
    var isWorthWaiting: Bool { mayGrow && bytes.count < HeldBytes.longestLine }

    /// The next line; nil when nothing is there, or its end may still come.
    /// - Parameter endsAtNUL: as a status does of servers that send a string's end along.
    func line(endsAtNUL: Bool = false) -> Line? {
        guard let stop = bytes.firstIndex(where: { $0 == 10 || ($0 == 0 && endsAtNUL) }) else {
            return isEmpty || isWorthWaiting ? nil : Line(text: bytes[...], count: bytes.count, end: .none)
        }
        if bytes[stop] == 0 { return Line(text: bytes[..<stop], count: stop, end: .nul) }
        if stop > 0, bytes[stop - 1] == 13 {
            return Line(text: bytes[..<(stop - 1)], count: stop + 1, end: .carriageReturn)
        }
        return Line(text: bytes[..<stop], count: stop + 1, end: .lineFeed)
    }

    mutating func append(_ more: ArraySlice<UInt8>) { bytes += more }
    mutating func remove(_ line: Line) { bytes.removeFirst(line.count) }
    mutating func removeFirst(_ count: Int) { bytes.removeFirst(count) }
    mutating func removeAll() { bytes = [] }

    /// The line as it came.
    mutating func take(_ line: Line) -> [UInt8] {
        defer { remove(line) }
        return Array(bytes[..<line.count])
    }

    /// True when there were some.
    mutating func removeLeadingNULs() -> Bool {
        guard bytes.first == 0 else { return false }
        bytes = Array(bytes.drop { $0 == 0 })
        return true
    }
}
