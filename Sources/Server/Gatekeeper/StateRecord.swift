/// How the gatekeeper writes down charges and bans: lines of text of one length, each with its checksum.

package import MailCore
import Posix

/// 128 bytes: fields with one blank between them, their checksum, blanks, a line feed. A file system block
/// holds a whole number of them, so a record in its place is written whole or not at all by a process that is killed.
enum StateRecord {
    static let size = 128

    /// - Precondition: the fields are not empty, hold no blanks, and fit.
    static func sealed(_ fields: [String]) -> [UInt8] {
        let body = Array(fields.joined(separator: " ").utf8)
        var record = body + [blank] + Array(checksum(body[...]).utf8)
        precondition(record.count < size, "a record is too long")
        record += [UInt8](repeating: blank, count: size - 1 - record.count)
        record.append(UInt8(ascii: "\n"))
        return record
    }

    /// The fields; nil when the record is empty, torn, or not one that `sealed` makes.
    static func fields(of record: some Collection<UInt8>) -> [String]? {
        let record = Array(record)
        guard record.count == size, record.last == UInt8(ascii: "\n"),
            let end = record.dropLast().lastIndex(where: { $0 != blank }),
            let separator = record[...end].lastIndex(of: blank),
            record[(separator + 1)...end].elementsEqual(checksum(record[..<separator]).utf8),
            let fields = String(validating: record[..<separator], as: UTF8.self)
        else { return nil }
        return fields.split(separator: " ").map(String.init)
    }

    /// A place for a record that is not in use.
    static var empty: [UInt8] { [UInt8](repeating: blank, count: size - 1) + [UInt8(ascii: "\n")] }

    private static let blank = UInt8(ascii: " ")

    /// FNV-1a, 32 bits, eight hex digits: against torn writes, not against an enemy.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        var hash: UInt32 = 0x811c_9dc5
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// A ban, in a file that is named by the address: if nothing else of it can be read, it still bans.
package struct BanRecord: Equatable, Sendable {
    package let end: Moment
    package init(end: Moment) { self.end = end }

    package func encoded() -> [UInt8] {
        StateRecord.sealed([
            "ban", String(end.boot.wholeNanoseconds), String(end.wall.wholeNanoseconds), end.bootID,
        ])
    }

    package init?(decoding record: some Collection<UInt8>) {
        guard let fields = StateRecord.fields(of: record), fields.count == 4, fields[0] == "ban",
            let boot = Int64(fields[1]), let wall = Int64(fields[2])
        else { return nil }
        end = Moment(boot: .nanoseconds(boot), wall: .nanoseconds(wall), bootID: fields[3])
    }
}

/// The charges of a user from an address. The boot stands once, at the head of the file.
package struct ChargeRecord: Equatable, Sendable {
    package let pair: LoginPair
    package let count: Int
    package let last: Moment

    package init(pair: LoginPair, count: Int, last: Moment) {
        self.pair = pair
        self.count = count
        self.last = last
    }

    package func encoded() -> [UInt8] {
        StateRecord.sealed([
            pair.user?.description ?? "*", pair.address.description, String(count),
            String(last.boot.wholeNanoseconds), String(last.wall.wholeNanoseconds),
        ])
    }

    package init?(decoding record: some Collection<UInt8>, bootID: String) {
        guard let fields = StateRecord.fields(of: record), fields.count == 5,
            let address = ClientAddress(text: fields[1]), let count = Int(fields[2]), count > 0,
            let boot = Int64(fields[3]), let wall = Int64(fields[4])
        else { return nil }
        let user = Username(fields[0].utf8)
        guard user != nil || fields[0] == "*" else { return nil }
        pair = LoginPair(address: address, user: user)
        self.count = count
        last = Moment(boot: .nanoseconds(boot), wall: .nanoseconds(wall), bootID: bootID)
    }
}

extension ClientAddress {
    /// nil unless `text` is an address exactly as `description` writes it: it is a file's name too.
    package init?(text: String) {
        guard let parsed = TCPAddress(text, port: 0), let address = ClientAddress(parsed.bytes),
            address.description == text
        else { return nil }
        self = address
    }
}
