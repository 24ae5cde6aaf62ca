/// What a connection has received and no S line has consumed.

import Posix

package struct Inbox: Sendable {
    package enum End: String, Sendable { case open, eof, reset, refused }

    package private(set) var end = End.open
    private var bytes: [UInt8] = []
    private var head = 0
    /// How many `either`s may still go back.
    private var marks = 0

    /// Beyond this many bytes nothing more is read from the socket, unless an `either` looks ahead.
    static let limit = 1 << 20

    package init() {}

    package var unread: ArraySlice<UInt8> { bytes[head...] }
    package var isEmpty: Bool { head == bytes.count }
    package var hasEnded: Bool { end != .open }
    package var isFull: Bool { marks == 0 && bytes.count - head >= Inbox.limit }

    package mutating func append(_ more: ArraySlice<UInt8>) { bytes += more }
    package mutating func finish(_ how: End) { if end == .open { end = how } }

    package mutating func consume(_ count: Int) {
        precondition(count <= bytes.count - head, "consumed what was not received")
        head += count
        if marks == 0 && head > 1 << 16 {
            bytes.removeFirst(head)
            head = 0
        }
    }

    package mutating func mark() -> Int {
        marks += 1
        return head
    }
    package mutating func release() { marks -= 1 }
    package mutating func goBack(to mark: Int) { head = mark }
}
