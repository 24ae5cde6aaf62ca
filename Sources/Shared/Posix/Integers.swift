/// Integers as little-endian bytes, wherever they stand.

extension Span where Element == UInt8 {
    /// The integer whose bytes begin at `offset`; no alignment needed.
    @inlinable
    package func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as: Value.Type) -> Value {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size, "integer outside the bytes")
        return unsafe withUnsafeBytes {
            unsafe Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }
}

extension Array where Element == UInt8 {
    /// Appends the bytes of `value`.
    @inlinable
    package mutating func append(integer value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Appends all of `bytes` at the speed of memcpy(3).
    package mutating func append(copying bytes: borrowing Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension OutputSpan where Element == UInt8 {
    /// Appends all of `bytes` at the speed of memcpy(3).
    @inlinable
    package mutating func append(copying bytes: borrowing Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "no room for the bytes")
        unsafe bytes.withUnsafeBufferPointer { source in
            unsafe withUnsafeMutableBufferPointer { buffer, count in
                guard let target = buffer.baseAddress, let first = source.baseAddress else { return }
                unsafe (target + count).initialize(from: first, count: source.count)
                count += source.count
            }
        }
    }
}

/// A number no one can guess or repeat, from the kernel's random source (getrandom(2)).
package func randomNumber() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
