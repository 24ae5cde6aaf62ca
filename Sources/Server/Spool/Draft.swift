/// A message on its way into a mailbox.

import MailCore
import Posix
package import SystemPackage

/// It lives in `.tmp/`, locked as a sign of life, until it is delivered; given up in any other way, it leaves
/// nothing behind.
package struct Draft: ~Copyable {
    /// Appended bytes wait for company up to here, so that a short message is one write.
    private static let bufferSize = 16 * 1024

    private let spool: Spool
    private let receiver: Username
    private let subject: Subject
    private let name: TemporaryName
    private let file: OwnedDescriptor
    private var buffer: [UInt8]
    private var written = 0

    static func begin(
        in spool: Spool, sender: Username, receiver: Username, subject: Subject
    ) throws(Errno) -> Draft {
        let text = String(randomNumber(), radix: 16)
        let file = try spool.drafts.create(text, .readWrite, exclusive: true)
        let name = TemporaryName(text, in: spool)
        try Posix.lock(file.number, .exclusive)
        // The stored file is byte for byte what READ sends after its OK (READ-5).
        var head: [UInt8] = []
        head.reserveCapacity(2048)
        for line in [sender.bytes, receiver.bytes, subject.bytes] { head += line + [UInt8(ascii: "\n")] }
        return Draft(spool: spool, receiver: receiver, subject: subject, name: name, file: file, buffer: head)
    }

    /// The body as it comes, in any cut, and at its end the line of the final dot. After an error the draft
    /// can only be given up.
    package mutating func append(_ bytes: borrowing Span<UInt8>) throws(Errno) {
        if buffer.count + bytes.count > Draft.bufferSize { try flush() }
        if bytes.count > Draft.bufferSize {
            try writeAll(file.number, bytes)
            written += bytes.count
        } else {
            buffer.append(copying: bytes)
        }
    }

    private mutating func flush() throws(Errno) {
        try writeAll(file.number, buffer.span)
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// When this returns, the message is in the mailbox, whole, and survives a power loss (SEND-1, SEND-10).
    /// When it throws, the message is not there.
    package consuming func deliver() throws(Errno) {
        try flush()
        guard try status(of: file.number).size == written else { throw .ioError }  // T31
        try sync(file.number)
        try file.close()
        let mailbox = try Mailbox.openOrCreate(receiver, in: spool.folder)
        let id = try spool.link(name.text, size: written, subject: subject, into: mailbox)
        // Outside the lock: many sessions then share one commit of the file system's journal.
        do {
            try mailbox.messages.sync()
        } catch {
            _ = try? spool.remove(id, from: mailbox)
            throw error
        }
    }
}

/// A name in `.tmp/` that goes away with its owner.
private struct TemporaryName: ~Copyable {
    let text: String
    private let spool: Spool

    init(_ text: String, in spool: Spool) {
        self.text = text
        self.spool = spool
    }

    // A name that cannot be removed is found by the next server to open the spool.
    deinit { try? spool.drafts.unlink(text) }
}
