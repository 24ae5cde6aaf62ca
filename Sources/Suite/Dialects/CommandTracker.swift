/// Follows what a client sends, command by command, to know which replies are due.

struct CommandTracker {
    enum Reply: Equatable { case login, status, list, read, quit }
    private enum Reading: Equatable { case verb, arguments(Int, thenBody: Bool), body }

    /// The replies still owed, oldest first.
    var due: [Reply] = []
    private var reading = Reading.verb
    /// The beginning of the current line; a longer line is no verb.
    private var line: [UInt8] = []

    mutating func sent(_ bytes: [UInt8]) { for byte in bytes { take(byte) } }

    /// Call it for the middle of a long text, which ends no line that could be the dot.
    mutating func sentBulk() { if line.count < 16 { line.append(UInt8(ascii: "x")) } }

    private mutating func take(_ byte: UInt8) {
        guard byte == 10 else {
            if line.count < 16 { line.append(byte) }
            return
        }
        switch reading {
        case .verb: begin(String(decoding: line, as: UTF8.self))
        case .arguments(let left, let thenBody):
            reading = left > 1 ? .arguments(left - 1, thenBody: thenBody) : thenBody ? .body : .verb
        case .body: if line == [UInt8(ascii: ".")] { reading = .verb }
        }
        line = []
    }

    private mutating func begin(_ verb: String) {
        switch verb {
        case "LOGIN": (reading, due) = (.arguments(2, thenBody: false), due + [.login])
        case "SEND": (reading, due) = (.arguments(2, thenBody: true), due + [.status])
        case "READ": (reading, due) = (.arguments(1, thenBody: false), due + [.read])
        case "DEL": (reading, due) = (.arguments(1, thenBody: false), due + [.status])
        case "LIST": due.append(.list)
        case "QUIT": due.append(.quit)
        default: due.append(.status)
        }
    }
}
