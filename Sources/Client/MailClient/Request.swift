/// The bytes of each command on its way to the server.

package import MailCore

package enum Request {
    case login(Username, Password)
    /// Only the head; the text and its lone dot follow.
    case send(to: Username, Subject)
    case list
    case read(MessageNumber)
    case delete(MessageNumber)
    case quit

    package var verb: String {
        switch self {
        case .login: "LOGIN"
        case .send: "SEND"
        case .list: "LIST"
        case .read: "READ"
        case .delete: "DEL"
        case .quit: "QUIT"
        }
    }

    /// The lines without their line feeds. `masked` puts stars in the password's place, always eight.
    package func lines(masked: Bool) -> [[UInt8]] {
        let verb = Array(verb.utf8)
        switch self {
        case .login(let user, let password):
            return [verb, user.bytes, masked ? Array("********".utf8) : password.bytes]
        case .send(let receiver, let subject): return [verb, receiver.bytes, subject.bytes]
        case .read(let number), .delete(let number): return [verb, Array("\(number.value)".utf8)]
        case .list, .quit: return [verb]
        }
    }

    package var bytes: [UInt8] { lines(masked: false).flatMap { $0 + [UInt8(ascii: "\n")] } }
}
