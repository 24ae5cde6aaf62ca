/// A row of single bytes that a parent shares with the children it forks.

import CPosix
import Glibc
package import SystemPackage

@safe package struct SharedBytes: @unchecked Sendable {
    // Safe to share: each byte is read and written atomically; the mapping is never undone.
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    package init(count: Int) throws(Errno) {
        let memory = unsafe mmap(nil, max(count, 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { throw lastErrno() }
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
