/// Which replies are due: follows what a client sends, command by command.

struct CommandTracker {
    struct Due: Equatable {
        /// nil: a verb that the sheet does not know.
        var verb: Verb?
        /// Who logs in.
        var name: [UInt8] = []
    }

    /// Of commands that began and whose reply has not been seen to its end.
    var due: [Due] = []
    private var reader = CommandReader()

    mutating func sent(_ bytes: [UInt8]) {
        for byte in bytes {
            switch reader.take(byte) {
            case .verb(let verb, _): due.append(Due(verb: verb))
            case .line, .end:
                if reader.verb == .login, let last = due.indices.last, due[last].verb == .login {
                    due[last].name = reader.firstArgument
                }
            case nil: break
            }
        }
    }

    /// The middle of a long text.
    mutating func sentBulk() { reader.takeBulk() }
}
