/// A spool in a temporary folder, for the tests of the spool.

import Foundation
import MailCore
import Posix
import SystemPackage
import Testing
import Transcript
import World

@testable import Spool

/// Removed with everything in it when the value goes.
final class SpoolWorld {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "spool-test-" + String(randomNumber(), radix: 16)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ clock: Clock = .system) throws(SpoolFailure) -> Spool { try Spool.open(path: path, clock: clock) }

    func mode(_ file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + file)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    func setMode(_ mode: Int, of file: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/" + file)
    }

    /// Puts a link where `file` was.
    func replace(_ file: String, byLinkTo target: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + file)
        try FileManager.default.createSymbolicLink(atPath: path + "/" + file, withDestinationPath: target)
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: path + "/" + file) }

    /// Names in a folder of the spool, sorted; nil when there is no such folder.
    func names(_ folder: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
    }

    func bytes(_ file: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + file).map { Array($0) }
    }

    func write(_ bytes: [UInt8], to file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + file))
    }
}

func spoolUser(_ text: String) -> Username { Username(Array(text.utf8))! }

extension Spool {
    @discardableResult
    func send(
        _ body: [UInt8] = Array("hello\n".utf8), subject: String = "s", from: String = "alice", to: String = "bob",
        cut: Int = .max
    ) throws(Errno) -> [UInt8] {
        var draft = try draft(sender: spoolUser(from), receiver: spoolUser(to), subject: Subject(Array(subject.utf8))!)
        let payload = body + Array(".\n".utf8)
        var rest = payload[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(cut))
            try draft.append(piece.span)
            rest = rest.dropFirst(cut)
        }
        try draft.deliver()
        return Array("\(from)\n\(to)\n\(subject)\n".utf8) + payload
    }

    func read(_ id: MessageID, of user: String = "bob") throws(Errno) -> [UInt8]? {
        guard let message = try open(id, of: spoolUser(user)) else { return nil }
        return try readWhole(message.descriptor.number, count: message.size + 1, fromOffset: 0)
    }

    func subjects(_ user: String = "bob") throws(Errno) -> [String] {
        let listing = try list(spoolUser(user))
        let lines = listing.subjects.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.count == listing.ids.count + 1)
        return lines.dropLast().map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Runs `body(0)` to `body(count - 1)` at the same time, on a thread each, and waits for all.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let condition = NSCondition()
    nonisolated(unsafe) var running = count
    for number in 0..<count {
        Thread {
            body(number)
            condition.lock()
            running -= 1
            condition.signal()
            condition.unlock()
        }.start()
    }
    condition.lock()
    while running > 0 { condition.wait() }
    condition.unlock()
}
