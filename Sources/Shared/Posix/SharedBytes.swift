/// A row of single bytes that a parent shares with the children it forks.

import CPosix
package import SystemPackage

@safe package struct SharedBytes: @unchecked Sendable {
    // Safe to share: each byte is read and written atomically; the mapping is never undone.
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    package init(count: Int) throws(Errno) {
        guard let memory = unsafe cposix_shared_memory(UInt64(max(count, 1))) else { throw lastErrno() }
        unsafe self.memory = unsafe memory
        self.count = count
    }

    package subscript(index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count, "byte \(index) of \(count)")
            return unsafe cposix_load_byte(memory + index)
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "byte \(index) of \(count)")
            unsafe cposix_store_byte(memory + index, newValue)
        }
    }
}
