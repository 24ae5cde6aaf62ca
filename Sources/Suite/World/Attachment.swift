/// An attached server: one that runs already and that the suite did not start; where it listens, and its accounts.

package import Posix

package struct Attachment: Sendable, Equatable {
    package let address: TCPAddress
    package let accounts: [Account]

    package struct Account: Sendable, Equatable {
        package let name: String
        package let password: [UInt8]
    }

    /// - Parameter accounts: at least two.
    package init(address: TCPAddress, accounts: [Account]) { (self.address, self.accounts) = (address, accounts) }

    /// "HOST:PORT", HOST a number or "localhost".
    package static func address(_ text: String) -> TCPAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        let host = text[..<colon] == "localhost" ? "127.0.0.1" : String(text[..<colon])
        return TCPAddress(host, port: port).flatMap { $0.isIPv4 ? $0 : nil }
    }

    /// One account a line: a name, one blank, and the password up to the line's end; "#" begins a comment line.
    package static func accounts(_ text: [UInt8]) -> [Account]? {
        var accounts: [Account] = []
        for line in text.split(separator: 10) where line.first != UInt8(ascii: "#") {
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")), blank > line.startIndex else { return nil }
            let name = String(decoding: line[..<blank], as: UTF8.self)
            accounts.append(Account(name: name, password: Array(line[(blank + 1)...])))
        }
        return accounts
    }

    /// The server is on this machine, so a client may come from any address of 127.0.0.0/8.
    package var isLocal: Bool { address.bytes[12] == 127 }

    package var passwords: Passwords {
        Passwords(Dictionary(accounts.map { ($0.name, $0.password) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Which account plays which user. An account with a fixture's name plays that user; the remaining accounts play
    /// the others. nil: there are too few accounts, or a user is needed for its special password (longpw, blankpw,
    /// utf8pw).
    package func cast(_ users: [String]) -> [String: String]? {
        let names = accounts.map(\.name)
        var free = names.filter { !users.contains($0) }
        var cast: [String: String] = [:]
        for user in users {
            if names.contains(user) { cast[user] = user; continue }
            guard !user.hasSuffix("pw"), !free.isEmpty else { return nil }
            cast[user] = free.removeFirst()
        }
        return cast
    }
}
