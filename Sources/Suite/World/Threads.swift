/// Threads for the programs that test; the server has none.

import CWorld
import Glibc
import Posix
import Posix
package import SystemPackage

package struct Thread: Sendable {
    private let handle: UInt64

    /// Runs `body` in a thread of its own, which must be joined.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = unsafe Unmanaged.passRetained(Box(body))
        var handle: UInt64 = 0
        let code = unsafe cworld_thread_start(
            &handle, { context in unsafe Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body() },
            box.toOpaque())
        if code == -1 {
            let error = lastErrno()
            unsafe box.release()
            throw error
        }
        return Thread(handle: handle)
    }

    package func join() { _ = cworld_thread_join(handle) }
}
