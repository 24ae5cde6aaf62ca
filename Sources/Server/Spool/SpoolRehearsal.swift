/// What a session's first LIST does with an index, done once before the first fork.

package import SystemPackage

extension Spool {
    /// Nothing is read or written. It resolves types and constants that each session would otherwise resolve for itself.
    package static func rehearse() throws(Errno) {
        var records: [UInt8] = []
        IndexRecord.append(MessageID(sequence: 1, random: 0, size: 0), subject: [], to: &records)
        var header = IndexHeader(bootID: [])
        (header.highest, header.live, header.recordsLength) = (1, 1, records.count)
        guard let header = IndexHeader(header.bytes) else { preconditionFailure("a header is read as it was written") }
        // The type that a header which may be missing has is made at its first destruction.
        precondition(!String(describing: IndexHeader?.self).isEmpty)
        _ = try Listing(header, after: 0) { (_, buffer) throws(Errno) in
            buffer = records
            return records.count
        }
    }
}
