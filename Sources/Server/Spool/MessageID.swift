/// What a stored message is called.

/// Its name in the mailbox is `<sequence>.<random>,S=<size>`: the sequence orders (LIST-2), the whole name
/// identifies. Sixty-four random bits keep a name from ever returning, also when an index was lost and a
/// sequence is given out again; so an id from an old LIST finds its own message or none (READ-4, DEL-4).
package struct MessageID: Sendable {
    /// From 1 on.
    package let sequence: UInt64
    package let random: UInt64
    /// Bytes of the stored message.
    package let size: Int
    /// Where its record stood in the index when it was read: a hint that is checked before use.
    let place: Int

    /// Eighteen digits: the sum of any two sequences still fits, and a longer number is not one of ours.
    static let maximumSequence: UInt64 = 999_999_999_999_999_999

    init(sequence: UInt64, random: UInt64, size: Int, place: Int = 0) {
        self.sequence = sequence
        self.random = random
        self.size = size
        self.place = place
    }

    /// The file's name. The sequence has at least ten digits, so that `ls` shows the order of arrival.
    var name: String {
        let sequence = String(sequence)
        let random = String(random, radix: 16)
        return String(repeating: "0", count: max(0, 10 - sequence.count)) + sequence + "."
            + String(repeating: "0", count: 16 - random.count) + random + ",S=" + String(size)
    }

    /// Nil for a name that is not exactly one that `name` gives.
    init?(name: String) {
        let bytes = Array(name.utf8)
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), dot <= 18, bytes.count > dot + 20 else { return nil }
        guard let sequence = UInt64(name.prefix(dot)), sequence > 0,
            let random = UInt64(String(decoding: bytes[(dot + 1)..<(dot + 17)], as: UTF8.self), radix: 16),
            let size = Int(String(decoding: bytes[(dot + 20)...], as: UTF8.self)), size >= 0
        else { return nil }
        self.init(sequence: sequence, random: random, size: size)
        if self.name != name { return nil }
    }
}

extension MessageID: Hashable, Comparable {
    package static func == (left: MessageID, right: MessageID) -> Bool {
        left.sequence == right.sequence && left.random == right.random && left.size == right.size
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(random) }

    /// The order of arrival.
    package static func < (left: MessageID, right: MessageID) -> Bool {
        (left.sequence, left.random, left.size) < (right.sequence, right.random, right.size)
    }
}
