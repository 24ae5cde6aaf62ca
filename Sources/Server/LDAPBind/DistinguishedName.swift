/// A user's distinguished name, made from a template so that no user's name can add to it (RFC 4514).

import CLDAP

/// "uid=%u,ou=people,dc=technikum-wien,dc=at": `%u` stands for the user's name, once or more.
package struct DistinguishedNameTemplate: Sendable {
    private let pieces: [[UInt8]]

    /// nil unless `%u` is in it, always where a value may be escaped.
    package init?(_ text: String) {
        var pieces: [[UInt8]] = [[]]
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.first == UInt8(ascii: "u") {
                rest = rest.dropFirst()
                pieces.append([])
            } else {
                pieces[pieces.count - 1].append(byte)
            }
        }
        self.pieces = pieces
        // A user whose name holds everything that means something in a name must come out as one value.
        let probe = Array(#" #a,b+c=d"e\f;g<h>i "#.utf8)
        guard pieces.count > 1, !text.utf8.contains(0), let values = attributeValues(of: filled(with: probe)),
            values.count(where: { contains($0, probe) }) == pieces.count - 1
        else { return nil }
    }

    /// The name as bytes of UTF-8, without the NUL.
    package func filled(with user: [UInt8]) -> [UInt8] {
        Array(pieces.joined(separator: escaped(user)))
    }
}

/// `value` as it stands inside a distinguished name: every byte but letters, digits, `.`, `_` and `-` as a
/// backslash and two hex digits, which RFC 4514 §2.4 allows for any byte and which leaves no special case.
package func escaped(_ value: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in value {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            text.append(byte)
        default:
            text += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return text
}

/// The values in a distinguished name as libldap reads it (ldap_str2dn(3)), unescaped, first to last; nil when
/// it is none.
package func attributeValues(of name: [UInt8]) -> [[UInt8]]? {
    var parsed: LDAPDN?
    let text = name.map(CChar.init(bitPattern:)) + [0]
    guard unsafe ldap_str2dn(text, &parsed, UInt32(LDAP_DN_FORMAT_LDAPV3)) == LDAP_SUCCESS else { return nil }
    defer { unsafe ldap_dnfree(parsed) }
    guard let parsed = unsafe parsed else { return [] }
    var values: [[UInt8]] = []
    var level = 0
    while let parts = unsafe parsed[level] {
        var part = 0
        while let attribute = unsafe parts[part] {
            let value = unsafe attribute.pointee.la_value
            let bytes = unsafe UnsafeRawBufferPointer(start: value.bv_val, count: Int(value.bv_len))
            values.append(unsafe Array(bytes))
            part += 1
        }
        level += 1
    }
    return values
}

// The standard library's own would add 1.4 MB to the gatekeeper, for it comes with the regular expressions.
private func contains(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
    guard whole.count >= part.count else { return false }
    return (0...(whole.count - part.count)).contains { whole[$0..<($0 + part.count)].elementsEqual(part) }
}
