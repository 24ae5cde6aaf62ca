/// Reading and writing bytes on a descriptor number.

import CPosix
import Glibc
package import SystemPackage

/// read(2) into `buffer[range]`. Returns the count; 0 is the end of the input.
package func read(_ descriptor: Int32, into buffer: inout [UInt8], at range: Range<Int>) throws(Errno) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "read outside the buffer")
    var span = buffer.mutableSpan
    return try unsafe span.withUnsafeMutableBytes { (bytes) throws(Errno) in
        try retrying { unsafe Glibc.read(descriptor, bytes.baseAddress! + range.lowerBound, range.count) }
    }
}

/// pread(2) into the front of `buffer`, at most `count` bytes.
package func read(
    _ descriptor: Int32, into buffer: inout [UInt8], count: Int, fromOffset offset: Int
) throws(Errno) -> Int {
    precondition(count <= buffer.count, "read outside the buffer")
    var span = buffer.mutableSpan
    return try unsafe span.withUnsafeMutableBytes { (bytes) throws(Errno) in
        try retrying { unsafe pread(descriptor, bytes.baseAddress!, count, offset) }
    }
}

/// One write(2); may be short.
package func writeSome(_ descriptor: Int32, _ bytes: borrowing Span<UInt8>) throws(Errno) -> Int {
    try unsafe bytes.withUnsafeBytes { (bytes) throws(Errno) in
        try retrying { unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }
}

/// write(2) until all of `bytes` is written (blocking descriptors).
package func writeAll(_ descriptor: Int32, _ bytes: borrowing Span<UInt8>) throws(Errno) {
    var written = 0
    while written < bytes.count {
        written += try writeSome(descriptor, bytes.extracting(written..<bytes.count))
    }
}

/// pwrite(2) until all of `bytes` is written at `offset`.
package func writeAll(_ descriptor: Int32, _ bytes: borrowing Span<UInt8>, atOffset offset: Int) throws(Errno) {
    try unsafe bytes.withUnsafeBytes { (bytes) throws(Errno) in
        var written = 0
        while written < bytes.count {
            written += try retrying {
                unsafe pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, offset + written)
            }
        }
    }
}

/// The whole of a small regular file, at most `limit` bytes of it.
package func readWhole(_ descriptor: Int32, limit: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
        let got = try read(descriptor, into: &bytes, at: count..<limit)
        if got == 0 { break }
        count += got
    }
    bytes.removeLast(limit - count)
    return bytes
}

/// `count` bytes of a file from `offset` on; fewer when it ends before (pread(2)).
package func readWhole(_ descriptor: Int32, count: Int, fromOffset offset: Int) throws(Errno) -> [UInt8] {
    try [UInt8](capacity: count) { (output) throws(Errno) in
        try unsafe output.withUnsafeMutableBufferPointer { (buffer, filled) throws(Errno) in
            while filled < count {
                let (rest, place) = (count - filled, offset + filled)
                let got = try retrying { unsafe pread(descriptor, buffer.baseAddress! + filled, rest, place) }
                if got == 0 { return }
                filled += got
            }
        }
    }
}

/// How often `byte` is among `bytes`, eight looked at at once.
package func occurrences(of byte: UInt8, in bytes: [UInt8]) -> Int {
    let (ones, lows) = (0x0101_0101_0101_0101 as UInt64, 0x7f7f_7f7f_7f7f_7f7f as UInt64)
    let wanted = ones * UInt64(byte)
    let words = bytes.count / 8
    var count = 0
    unsafe bytes.withUnsafeBytes { raw in
        for word in 0..<words {
            let differs = unsafe raw.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) ^ wanted
            // The highest bit of each byte that is zero (Hacker's Delight, §6–1).
            count += (~((differs & lows) + lows | differs | lows)).nonzeroBitCount
        }
    }
    return bytes[(words * 8)...].reduce(count) { $1 == byte ? $0 + 1 : $0 }
}

/// Overwrites bytes that were secret, in place when nobody else holds the array (explicit_bzero(3): a plain loop
/// before the memory is freed would be optimised away).
package func wipe(_ secret: inout [UInt8]) {
    var span = secret.mutableSpan
    unsafe span.withUnsafeMutableBytes { bytes in
        if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
    }
}

/// The same where copies of the array still stand about: it overwrites the memory that all of them share, and
/// none of them may be used afterwards.
package func wipeShared(_ secret: [UInt8]) {
    unsafe secret.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        unsafe explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
}

/// Where two equally long runs of bytes first differ, as an offset into both; nil when they are equal.
package func firstDifference(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int? {
    precondition(left.count == right.count, "only equally long runs can be compared")
    let equal = unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
            unsafe left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
        }
    }
    return equal ? nil : zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset
}

/// Overwrites what functions that have returned left on the stack, down to 32 KiB.
package func wipeStack() { cposix_wipe_stack() }
