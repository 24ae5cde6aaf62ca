/// What clients, the clock and fate can do to a server, as values that can be listed and played again.

/// Whatever has gone before, every step can be played: who is not connected connects first.
package enum Step: Equatable, Sendable {
    case connect(Int, from: UInt8)
    case login(Int, user: [UInt8], password: [UInt8])
    case send(Int, to: [UInt8], subject: [UInt8], text: [UInt8])
    case list(Int)
    case read(Int, [UInt8])
    case delete(Int, [UInt8])
    case unknown(Int, [UInt8])
    case quit(Int)
    /// The beginning of a command, then the end of the connection, orderly or not.
    case half(Int, [UInt8], reset: Bool)
    case advance(milliseconds: Int)
    /// kill -9 of everything, and a new start.
    case restart
    case killGatekeeper

    /// The connection it is said on.
    package var client: Int? {
        switch self {
        case .connect(let client, _), .login(let client, _, _), .send(let client, _, _, _), .list(let client),
            .read(let client, _), .delete(let client, _), .unknown(let client, _), .quit(let client),
            .half(let client, _, _):
            client
        case .advance, .restart, .killGatekeeper: nil
        }
    }

    /// What the client says.
    package var bytes: [UInt8] {
        switch self {
        case .login(_, let user, let password): lines("LOGIN", user, password)
        case .send(_, let receiver, let subject, let text): lines("SEND", receiver, subject) + text + lines(".")
        case .list: lines("LIST")
        case .read(_, let number): lines("READ", number)
        case .delete(_, let number): lines("DEL", number)
        case .unknown(_, let line): line + [0x0a]
        case .quit: lines("QUIT")
        case .half(_, let bytes, _): bytes
        case .connect, .advance, .restart, .killGatekeeper: []
        }
    }

    private func lines(_ verb: String, _ arguments: [UInt8]...) -> [UInt8] {
        ([Array(verb.utf8)] + arguments).flatMap { $0 + [0x0a] }
    }
}

extension Step: CustomStringConvertible {
    package var description: String {
        let said = String(String.UnicodeScalarView(bytes.prefix(200).map { Unicode.Scalar($0) })).debugDescription
        return switch self {
        case .connect(let client, let address): "C\(client) connects from 127.0.0.\(address)"
        case .half(let client, _, let reset): "C\(client) \(said) and \(reset ? "resets" : "leaves")"
        case .advance(let milliseconds): "advance \(milliseconds) ms"
        case .restart: "kill -9, restart"
        case .killGatekeeper: "2 s later kill -9 of the gatekeeper"
        default: "C\(client ?? 0) \(said)"
        }
    }
}
