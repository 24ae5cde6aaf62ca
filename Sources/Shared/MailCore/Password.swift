/// A password that may be shown to the directory.

/// 1 to 128 bytes without NUL and without a blank (space, TAB) at either end. The empty one would be an
/// unauthenticated bind, which a directory may accept (LOGIN-11, RFC 4513 §5.1.2); the rest is LOGIN-12.
/// Deliberately not printable and not comparable.
package struct Password: Sendable {
    package static let maximumLength = 128

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return nil }  // LOGIN-4, LOGIN-11
        let bytes = Array(bytes)
        guard bytes.count <= Password.maximumLength, !bytes.contains(0) else { return nil }  // LOGIN-12
        guard !Password.isBlank(bytes.first!), !Password.isBlank(bytes.last!) else { return nil }  // LOGIN-12
        self.bytes = bytes
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
