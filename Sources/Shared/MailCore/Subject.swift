/// A message's subject, one line.

/// At most 80 Unicode scalars (SEND-7, SEND-15; an ill-formed UTF-8 sequence counts as one), no control
/// byte but TAB (FRAME-14). Empty is legal.
package struct Subject: Hashable, Sendable {
    package static let maximumScalars = 80

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.allSatisfy({ $0 == UInt8(ascii: "\t") || !isControl($0) }) else { return nil }  // FRAME-14
        guard
            bytes.count <= Subject.maximumScalars
                || String(decoding: bytes, as: UTF8.self).unicodeScalars.count <= Subject.maximumScalars
        else { return nil }  // SEND-15
        self.bytes = Array(bytes)
    }
}

/// C0 controls and DEL.
func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
