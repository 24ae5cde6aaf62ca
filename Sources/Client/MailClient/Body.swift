/// The text of a message to be sent: checked before anything of it leaves, then read a second time.

import Posix
import SystemPackage

package struct Body: ~Copyable {
    private let file: OwnedDescriptor
    private let start: Int
    /// Bytes, as they were when checked.
    package let size: Int
    /// How errors call it.
    package let name: String

    private init(_ file: consuming OwnedDescriptor, start: Int, size: Int, name: String) {
        self.file = file
        self.start = start
        self.size = size
        self.name = name
    }

    /// A file by its path. What cannot be read twice (a pipe, a device) is copied first, as standard input is.
    package static func file(_ path: String) throws(ClientFailure) -> Body {
        do {
            return try checked(try openForReading(path: path), name: path)
        } catch let failure as ClientFailure {
            throw failure
        } catch {
            throw .failed(.noInput, "cannot read \(excerpt(of: path.utf8)): \(error)")
        }
    }

    /// Standard input, from where it stands. A regular file is read twice; anything else is copied to an unlinked
    /// file in TMPDIR (or /tmp) while it is checked, because the first line may only be sent after the last is known.
    package static func standardInput() throws(ClientFailure) -> Body {
        do {
            let original = OwnedDescriptor(owning: 0)
            let copy = try original.duplicate()
            _ = original.release()
            return try checked(copy, name: "standard input")
        } catch let failure as ClientFailure {
            throw failure
        } catch {
            throw .failed(.noInput, "cannot read standard input: \(error)")
        }
    }

    private static func checked(_ file: consuming OwnedDescriptor, name: String) throws -> Body {
        guard try status(of: file.number).isRegular else { return try copied(file, name: name) }
        let start = try readPosition(file.number)
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var scanner = TextScanner()
        var offset = start
        while true {
            let count = try Posix.read(file.number, into: &chunk, count: chunk.count, fromOffset: offset)
            if count == 0 { break }
            try check(&scanner, chunk, 0..<count, name)
            offset += count
        }
        try checkEnd(scanner, name)
        return Body(file, start: start, size: offset - start, name: name)
    }

    private static func copied(_ input: borrowing OwnedDescriptor, name: String) throws -> Body {
        var text = try SpooledText.begin()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var scanner = TextScanner()
        while true {
            let count = try Posix.read(input.number, into: &chunk, at: 0..<chunk.count)
            if count == 0 { break }
            try check(&scanner, chunk, 0..<count, name)
            try text.append(chunk[..<count])
        }
        try checkEnd(scanner, name)
        return text.body(name: name)
    }

    private static func check(
        _ scanner: inout TextScanner, _ chunk: [UInt8], _ range: Range<Int>, _ name: String
    ) throws(ClientFailure) {
        if scanner.scan(chunk, range) != nil { throw loneDot(name, scanner.line) }
    }

    private static func checkEnd(_ scanner: TextScanner, _ name: String) throws(ClientFailure) {
        // The missing line feed will be added, and the line would be a lone dot.
        if case .dot = scanner.state { throw loneDot(name, scanner.line) }
    }

    private static func loneDot(_ name: String, _ line: Int) -> ClientFailure {
        let words = "is only a dot, which would end the message there; nothing was sent; write it as \"..\" or \". \""
        return .failed(.refusedBeforeSending, "\(name), line \(line) \(words)")
    }

    /// Reads into the front of `chunk`, from `offset` bytes after the start; 0 is the end.
    func read(into chunk: inout [UInt8], at offset: Int) throws(ClientFailure) -> Int {
        do {
            return try Posix.read(file.number, into: &chunk, count: chunk.count, fromOffset: start + offset)
        } catch {
            throw .failed(.noInput, "cannot read \(name): \(error)")
        }
    }

    /// What `SpooledText` collected; it is checked already.
    static func spooled(_ file: consuming OwnedDescriptor, size: Int, name: String) -> Body {
        Body(file, start: 0, size: size, name: name)
    }
}
