/// The fixture's passwords, read from the same LDIF that seeds the directory.

import Posix

package struct Passwords: Sendable, Equatable {
    private var known: [String: [UInt8]] = [:]

    package init() {}

    package init(_ known: [String: [UInt8]]) { self.known = known }

    /// Reads `uid` and `userPassword` of every entry (RFC 2849: folded lines, comments, base64 after "::").
    package init(ldif: [UInt8]) { add(ldif: ldif) }

    package mutating func add(ldif: [UInt8]) {
        var (uid, password): ([UInt8]?, [UInt8]?)
        for line in Passwords.unfolded(ldif) + [[]] {
            if line.isEmpty {
                if let uid { known[String(decoding: uid, as: UTF8.self)] = password }
                (uid, password) = (nil, nil)
            } else if let (name, value) = Passwords.attribute(line) {
                if name == "uid" && uid == nil { uid = value }
                if name == "userpassword" { password = value }
            }
        }
    }

    /// nil: no such user, or one without a password.
    package subscript(user: String) -> [UInt8]? { known[user] }

    package var users: [String] { known.keys.sorted() }

    /// Lines with their continuations joined and comments left out.
    private static func unfolded(_ ldif: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for var line in ldif.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.first == UInt8(ascii: " "), !lines.isEmpty {
                lines[lines.count - 1] += line.dropFirst()
            } else {
                lines.append(Array(line))
            }
        }
        return lines.filter { $0.first != UInt8(ascii: "#") }
    }

    private static func attribute(_ line: [UInt8]) -> (name: String, value: [UInt8])? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        var value = line[(colon + 1)...]
        let isBase64 = value.first == UInt8(ascii: ":")
        if isBase64 { value.removeFirst() }
        value = value.drop { $0 == UInt8(ascii: " ") }
        return isBase64 ? decodedBase64(value).map { (name, $0) } : (name, Array(value))
    }

    /// RFC 4648 §4; nil for anything else.
    static func decodedBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (result, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in text where byte != UInt8(ascii: "=") {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
