/// Compares a payload with the bytes that come back, while they arrive.

import Bytes
import Posix
import Transcript

extension Expectations {
    func compare(_ payload: Payload, of whole: LinePattern, on connection: Connection) throws(Stop) {
        var offset = 0
        while offset < payload.count {
            let count = try wire.wait { () throws(Stop) -> Int? in
                let count = min(connection.inbox.unread.count, payload.count - offset, 65_536)
                return count > 0 ? count : connection.inbox.hasEnded ? 0 : nil
            }
            guard let count, count > 0 else {
                let reason = "it stops after \(offset) of \(payload.count) bytes"
                throw .unmet([whole.shown], received(connection), [reason])
            }
            let expected = payload[offset..<(offset + count)]
            let there = connection.inbox.unread.prefix(count)
            if let difference = firstDifference(there, expected[...]) {
                let at = offset + difference
                throw .unmet(
                    [whole.shown], Visible.line(there.dropFirst(difference).prefix(32)),
                    PayloadDifference(payload, at: at, received: there.dropFirst(difference)).lines)
            }
            noteReceived(count, connection)
            connection.inbox.consume(count)
            offset += count
        }
    }
}

/// Where a payload differs: the offset, the line, and the bytes around it.
struct PayloadDifference {
    let lines: [String]

    init(_ payload: Payload, at offset: Int, received: ArraySlice<UInt8>) {
        var line = 1
        for start in stride(from: 0, to: offset, by: 65_536) {
            line += payload[start..<min(offset, start + 65_536)].count { $0 == 10 }
        }
        let before = payload[max(0, offset - 16)..<offset]
        let expected = payload[offset..<min(payload.count, offset + 16)]
        lines = [
            "it differs at byte \(offset) of \(payload.count), in its line \(line)",
            "before it  \(Visible.line(before))",
            "expected   \(Visible.line(expected))",
            "received   \(Visible.line(received.prefix(16)))",
        ]
    }
}
