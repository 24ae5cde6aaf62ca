/// Truncates the log of a server that floods it, so that the disk does not fill.

import Posix
import SystemPackage

final class LogWarden {
    private static let mostBytes = 64 << 20
    private var stop: OwnedDescriptor?
    private let thread: Thread

    /// - Parameter log: opened for appending, so that writers go on at the new end.
    init(_ log: borrowing OwnedDescriptor) throws(Errno) {
        var pipe = try Pipe.make()
        let log = try log.duplicate().release()
        let reading = pipe.reading.take()!.release()
        stop = pipe.writing.take()
        thread = try Thread.start {
            let reading = OwnedDescriptor(owning: reading)
            let log = OwnedDescriptor(owning: log)
            // Our end of the pipe ends this thread. The kernel does not notify about a file's size, so it is polled.
            while case let next = Clock.system.now() + .milliseconds(100),
                (try? Clock.system.wait(for: .readable, on: reading.number, until: next)) == false
            {
                let size = (try? status(of: log.number).size) ?? 0
                if size > LogWarden.mostBytes { try? truncate(log.number, to: 0) }
            }
        }
    }

    func end() {
        guard stop.take() != nil else { return }
        thread.join()
    }
}
