/// Standard output, collected into large writes that a signal may end.

import Posix
import SystemPackage

package struct Output: ~Copyable {
    private let descriptor: Int32
    private let waiting: InterruptibleWait
    private var bytes: [UInt8] = []
    /// poll(2) promises a pipe room for this many bytes (PIPE_BUF, pipe(7)); a file never blocks.
    private let piece: Int
    package let isTerminal: Bool

    package init(_ descriptor: Int32, waiting: InterruptibleWait) {
        self.descriptor = descriptor
        self.waiting = waiting
        isTerminal = Posix.isTerminal(descriptor)
        let isFile = (try? status(of: descriptor))?.isRegular == true
        piece = isFile ? 65_536 : 4096
    }

    package mutating func write(_ text: String) throws(ClientFailure) { try write(text.utf8) }

    package mutating func write(_ more: some Sequence<UInt8>) throws(ClientFailure) {
        bytes += more
        if bytes.count >= 65_536 { try flush() }
    }

    /// Appends what `add` appends.
    package mutating func add(_ add: (inout [UInt8]) -> Void) throws(ClientFailure) {
        add(&bytes)
        if bytes.count >= 65_536 { try flush() }
    }

    package mutating func flush() throws(ClientFailure) {
        var done = 0
        while done < bytes.count {
            _ = try waiting.wait(for: .writable, on: descriptor)
            do {
                done += try writeSome(descriptor, bytes.span.extracting(done..<min(bytes.count, done + piece)))
            } catch {
                bytes = []
                throw .failed(.cannotWrite, "cannot write to standard output: \(error)")
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
