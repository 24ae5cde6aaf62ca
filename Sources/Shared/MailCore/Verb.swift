/// The six commands and the frame each of them has (docs/PROTOCOL.md, FRAME).

package enum Verb: String, CaseIterable, Sendable {
    case login = "LOGIN"
    case send = "SEND"
    case list = "LIST"
    case read = "READ"
    case delete = "DEL"
    case quit = "QUIT"

    /// Upper case, nothing before or behind it.
    package init?(_ bytes: [UInt8]) {
        guard let verb = Verb.allCases.first(where: { $0.rawValue.utf8.elementsEqual(bytes) }) else { return nil }
        self = verb
    }

    /// Lines that follow the verb's own; SEND's message comes after them.
    package var argumentLines: Int {
        switch self {
        case .login, .send: 2
        case .read, .delete: 1
        case .list, .quit: 0
        }
    }
}

/// What ends a command: exactly these bytes and nothing else (FRAME-3).
package enum Reply: String, Sendable {
    case ok = "OK\n"
    case err = "ERR\n"
}
