/// The steps that move the world around the server: clock, server, directory, measures.

extension WorldAction {
    /// `word` has been read; the rest of the line is the cursor's.
    init(_ word: String, _ cursor: inout Cursor) throws(Fault) {
        switch word {
        case "advance": self = .advance(try cursor.duration("how far"))
        case "later": self = .later(try cursor.duration("how much later"))
        case "wall": self = .wall(try cursor.duration("how far", signed: true))
        case "boot": self = .boot
        case "clock":
            let mode: ClockMode = try cursor.choice("the clock's mode")
            self = .clock(frozen: mode == .frozen)
        case "server": self = .server(try cursor.choice("what happens to the server"))
        case "directory": self = .directory(try cursor.choice("what happens to the directory"))
        case "session":
            cursor.skipBlanks()
            let client = try cursor.number("the connection", from: 1)
            guard try cursor.word("what happens to it: kill") == "kill" else {
                throw cursor.fault("write: session 1 kill")
            }
            self = .killSession(client: String(client))
        case "binds":
            cursor.skipBlanks()
            self = cursor.take("anew") ? .bindsAnew : .binds(try cursor.number("how many binds", from: 0))
        case "zombies": self = .zombies(try cursor.number("how many zombies", from: 0))
        case "outside":
            guard try cursor.word("what is looked at: unchanged") == "unchanged" else {
                throw cursor.fault("write: outside unchanged")
            }
            self = .outsideUnchanged
        default: self = try WorldAction(measured: &cursor)
        }
    }

    /// "rss < 32MiB", "time < 5s", "rate > 10MB/s"
    private init(measured cursor: inout Cursor) throws(Fault) {
        let quantity: Quantity = try cursor.choice("what is measured")
        let comparison: Comparison = try cursor.choice("a comparison")
        cursor.skipBlanks()
        let here = cursor
        switch quantity {
        case .rss:
            guard let bytes = size(written: cursor.word()) else { throw here.fault("give a size, such as 32MiB") }
            self = .measure(quantity, comparison, .bytes(bytes))
        case .time: self = .measure(quantity, comparison, .time(try cursor.duration("a time")))
        case .rate:
            let rate = cursor.word()
            guard rate.hasSuffix("/s"), let bytes = size(written: String(rate.dropLast(2))) else {
                throw here.fault("give bytes per second, such as 10MB/s")
            }
            self = .measure(quantity, comparison, .bytesPerSecond(bytes))
        }
    }
}

enum ClockMode: String, CaseIterable { case frozen, flowing }
