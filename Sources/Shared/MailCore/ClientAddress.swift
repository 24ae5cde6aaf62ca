/// A client's IP address, in the one form that attempts and bans are counted by.

/// 16 bytes; IPv4 is IPv4-mapped (::ffff:a.b.c.d), so a dual-stack listener sees each client once.
package struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// nil unless there are exactly 16 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    package var isIPv4: Bool { bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff }

    /// The address a ban covers: IPv4 itself; IPv6 without the bits after `prefix` (a host owns a whole /64).
    package func banned(ipv6Prefix prefix: Int) -> ClientAddress {
        if isIPv4 { return self }
        var masked = bytes
        for index in masked.indices {
            let bits = min(8, max(0, prefix - index * 8))
            masked[index] &= UInt8(truncatingIfNeeded: 0xff00 >> bits)
        }
        return ClientAddress(masked)!
    }

    /// "127.0.0.1", or eight IPv6 groups with the longest run of zeros as "::" (RFC 5952 §4).
    package var description: String {
        if isIPv4 { return bytes[12...].map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start + 1)
        }
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
