/// Threads for the suite and the benchmark; the server has none.

import Glibc
package import SystemPackage

package struct Thread: Sendable {
    private let handle: pthread_t

    /// Runs `body` in a thread of its own with 1 MiB of stack (pthread_create(3)); it must be joined.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = unsafe Unmanaged.passRetained(Box(body))
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, 1 << 20)
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, &attributes,
            { context in
                unsafe Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        if code != 0 {
            unsafe box.release()
            throw Errno(rawValue: code)
        }
        return Thread(handle: handle)
    }

    package func join() { pthread_join(handle, nil) }
}
