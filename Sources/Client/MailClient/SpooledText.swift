/// Text that has to be kept until it is known to be whole.

import Posix

/// Kept in an unlinked temporary file, which vanishes with the program.
package struct SpooledText: ~Copyable {
    private let file: OwnedDescriptor
    private var size = 0

    private init(_ file: consuming OwnedDescriptor) { self.file = file }

    package static func begin() throws(ClientFailure) -> SpooledText {
        let path = processEnvironment()["TMPDIR"] ?? "/tmp"
        do {
            let folder = try Directory.open(path: path)
            let name = ".twmailer-" + randomBytes(8).map { String($0, radix: 16) }.joined()
            let file = try folder.create(name, .readWrite, exclusive: true)
            try folder.unlink(name)
            return SpooledText(file)
        } catch {
            throw .failed(.cannotWrite, "cannot keep the text in \(path) while it is checked: \(error); set TMPDIR")
        }
    }

    package mutating func append(_ bytes: ArraySlice<UInt8>) throws(ClientFailure) {
        do { try writeAll(file.number, bytes.span) } catch {
            throw .failed(
                .cannotWrite, "cannot keep the text while it is checked: \(error); set TMPDIR to a larger disk")
        }
        size += bytes.count
    }

    package consuming func body(name: String) -> Body { .spooled(file, size: size, name: name) }
}
