/// The sheet's commands: how many lines each takes, and which clause answers for it.

package enum Verb: String, Sendable, CaseIterable {
    case login = "LOGIN"
    case send = "SEND"
    case list = "LIST"
    case read = "READ"
    case delete = "DEL"
    case quit = "QUIT"

    /// Lines after the verb's own, the text of a SEND aside.
    var arguments: Int {
        switch self {
        case .login, .send: 2
        case .read, .delete: 1
        case .list, .quit: 0
        }
    }

    var hasBody: Bool { self == .send }

    /// The clause that fails where the verb is not understood at all.
    package var clause: String {
        switch self {
        case .login: "LOGIN-1"
        case .send: "SEND-1"
        case .list: "LIST-1"
        case .read: "READ-1"
        case .delete: "DEL-1"
        case .quit: "QUIT-1"
        }
    }
}
