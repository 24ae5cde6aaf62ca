/// A session's dealings with the spool: SEND, LIST, READ, DEL.

import Logging
import MailCore
import Posix
import Spool
import SystemPackage

extension Session {
    /// Streams the message into a draft and delivers it. nil: the input ended before the dot and nothing is
    /// stored (FRAME-5). false: refused or failed, and the rest was taken all the same (FRAME-2, SEND-9).
    mutating func receiveBody(_ envelope: ServerMachine.Envelope?) throws(Connection.End) -> Bool? {
        var draft: Draft? = nil
        if let envelope { draft = begin(envelope) }
        var scanner = BodyScanner()
        var pace = Pace(start: world.clock.now(), limits: world.limits)
        var size = 0
        while true {
            // The line of the dot is no text.
            let (log, limit) = (log, world.limits.maximumMessage.map { $0 + 2 } ?? .max)
            let ended = framer.nextBlock(&scanner) { block in
                size += block.count
                do {
                    if size > limit { throw Errno.fileTooLarge }
                    try draft?.append(block)
                } catch {
                    if draft != nil { log.error("send-failed", metadata: ["error": "\(error)"]) }
                    draft = nil
                }
            }
            if ended { break }
            let count = try fill(until: world.clock.now() + world.limits.frameTimeout, heedingStop: false)
            if count == 0 { return nil }
            if !pace.keepsUp(with: count, at: world.clock.now(), limits: world.limits) { throw .timeout }
        }
        guard let envelope, let draft else { return false }
        do {
            try draft.deliver()
        } catch {
            log.error("send-failed", metadata: ["error": "\(error)"])
            return false
        }
        log.info("send", metadata: ["bytes": "\(size)", "to": "\(envelope.receiver)"])
        return true
    }

    private func begin(_ envelope: ServerMachine.Envelope) -> Draft? {
        do {
            return try world.spool.draft(
                sender: envelope.sender, receiver: envelope.receiver, subject: envelope.subject)
        } catch {
            log.error("send-failed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    mutating func list(_ user: Username) throws(Connection.End) -> ServerMachine.Action {
        let listing: Listing
        do {
            listing = try world.spool.list(user)
        } catch {
            return failed("list", error)
        }
        numbering.restart(with: listing)
        var answer = decimalDigits(listing.ids.count) + [UInt8(ascii: "\n")]  // LIST-1
        // One packet, unless it would take a second copy of a long list.
        let isShort = listing.subjects.count <= 64 * 1024
        if isShort { answer += listing.subjects }
        try connection.send(answer.span, timeout: world.limits.writeTimeout)
        if !isShort { try connection.send(listing.subjects.span, timeout: world.limits.writeTimeout) }
        return replied()
    }

    /// OK and the stored file, which is exactly what READ-5 asks for. Once the OK is out, a failure closes
    /// the connection: an end that the message does not have is never sent.
    mutating func read(_ number: MessageNumber, of user: Username) throws(Connection.End) -> ServerMachine.Action {
        let message: StoredMessage
        do {
            guard let id = try numbering.id(of: number, user: user, in: world.spool),
                let opened = try world.spool.open(id, of: user)
            else { return .reply(.err) }  // READ-2
            message = opened
        } catch {
            return failed("read", error)
        }
        let ok = Array(Reply.ok.rawValue.utf8)
        var block = ok + [UInt8](repeating: 0, count: min(message.size, 64 * 1024 - ok.count))
        var (filled, left) = (ok.count, message.size)
        while left > 0 {
            do {
                let count = try Posix.read(
                    message.descriptor.number, into: &block, at: filled..<min(block.count, filled + left))
                if count == 0 { throw Errno.ioError }
                filled += count
                left -= count
            } catch {
                log.error("read-failed", metadata: ["error": "\(error)"])
                throw .broken(.ioError)
            }
            try connection.send(block.span.extracting(0..<filled), timeout: world.limits.writeTimeout)
            filled = 0
        }
        return replied()
    }

    mutating func delete(_ number: MessageNumber, of user: Username) -> ServerMachine.Action {
        do {
            guard let id = try numbering.id(of: number, user: user, in: world.spool),
                try world.spool.delete(id, of: user)
            else { return .reply(.err) }  // DEL-2
        } catch {
            return failed("delete", error)
        }
        log.info("delete")
        return .reply(.ok)
    }

    /// The disk's faults are the client's ERR and our log line; the session goes on (SEND-9).
    private func failed(_ what: String, _ error: Errno) -> ServerMachine.Action {
        log.error("\(what)-failed", metadata: ["error": "\(error)"])
        return .reply(.err)
    }
}
