/// Files that a user names by a path (links are followed), and a fast search for a byte in what was read.

import Glibc
package import SystemPackage

/// open(2) for reading; waits for a writer when it is a FIFO.
package func openForReading(path: String) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try retrying { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) })
}

/// Where the next read(2) starts, in bytes (lseek(2)).
package func readPosition(_ descriptor: Int32) throws(Errno) -> Int { try retrying { lseek(descriptor, 0, SEEK_CUR) } }

/// The index of the first `byte` in `bytes[range]` (memchr(3): five times a Swift loop's speed).
package func firstIndex(of byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "search outside the bytes")
    return unsafe bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress,
            let found = unsafe memchr(start + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - start
    }
}
