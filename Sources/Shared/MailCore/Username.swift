/// A user's name, in the one spelling that is a mailbox.

/// `[a-z0-9][a-z0-9._-]{0,31}` as bytes (LOGIN-5): a directory folds case, blanks and Unicode
/// forms, and each spelling would be a fresh attempt counter and a mailbox of its own.
package struct Username: Hashable, Sendable, CustomStringConvertible {
    package static let maximumLength = 32

    /// 1 to 32 bytes.
    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard let first = bytes.first, bytes.count <= Username.maximumLength else { return nil }  // LOGIN-5
        guard Username.isLetterOrDigit(first) else { return nil }
        for byte in bytes where !Username.isLetterOrDigit(byte) {
            guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else {
                return nil
            }
        }
        self.bytes = Array(bytes)
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
