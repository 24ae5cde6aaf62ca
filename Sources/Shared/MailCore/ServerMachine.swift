/// One session's protocol: a value that is told what happened and says what to do; it does nothing itself.

package struct ServerMachine: Sendable {
    /// Who sends what to whom; the mailbox's text follows.
    package struct Envelope: Equatable, Sendable {
        package let sender: Username
        package let receiver: Username
        package let subject: Subject
    }

    package enum Action: Sendable {
        /// Take the next line and tell `received`.
        case readLine
        /// Send it, then ask `replied`.
        case reply(Reply)
        /// Ask the gatekeeper and tell `decided`; nil: a name or password that breaks the rules.
        case authenticate(Username?, Password?)
        /// Take the message up to its dot and tell `received(body:)`; nil: it is refused, store nothing.
        case receiveBody(Envelope?)
        /// Answer from the user's mailbox, or `.err`; then ask `replied`.
        case list(Username)
        case read(MessageNumber, of: Username)
        case delete(MessageNumber, of: Username)
        /// Nothing more is said on this connection.
        case close
    }

    private enum State {
        case verb
        case arguments(Verb, [LineFramer.Line])
        case deciding(Username?)
        case body
        case replying
    }

    private var state = State.verb
    /// Set by an accepted LOGIN only, for this connection only (LOGIN-3, LOGIN-10).
    package private(set) var user: Username?

    package init() {}

    /// Between two commands: the end of the input here is a QUIT (FRAME-5).
    package var isBetweenFrames: Bool { if case .verb = state { true } else { false } }

    /// The next line is a password, whatever becomes of the LOGIN (LOGIN-13).
    package var awaitsPassword: Bool {
        if case .arguments(.login, let lines) = state { lines.count == 1 } else { false }
    }

    package mutating func received(_ line: LineFramer.Line) -> Action {
        switch state {
        case .verb:
            guard case .text(let bytes) = line, let verb = Verb(bytes) else { return reply(.err) }  // FRAME-12, FRAME-9
            state = .arguments(verb, [])
            return verb.argumentLines == 0 ? act(on: verb, []) : .readLine
        case .arguments(let verb, let earlier):
            let lines = earlier + [line]
            state = .arguments(verb, lines)
            return lines.count == verb.argumentLines ? act(on: verb, lines) : .readLine
        case .deciding, .body, .replying:
            preconditionFailure("a line was taken where none was asked for")
        }
    }

    package mutating func decided(_ verdict: Verdict) -> Action {
        guard case .deciding(let asked) = state else { preconditionFailure("a verdict nobody asked for") }
        guard verdict == .accepted, let asked else { return reply(.err) }  // LOGIN-1, LOGIN-3, LOGIN-8
        user = asked
        return reply(.ok)
    }

    /// The message's dot was reached; `stored`: it is durable in the receiver's mailbox (SEND-1).
    package mutating func received(bodyStored stored: Bool) -> Action {
        guard case .body = state else { preconditionFailure("a message nobody asked for") }
        return reply(stored ? .ok : .err)
    }

    package mutating func replied() -> Action {
        state = .verb
        return .readLine
    }

    /// The frame is whole: one command, one answer.
    private mutating func act(on verb: Verb, _ lines: [LineFramer.Line]) -> Action {
        switch (verb, user) {
        case (.quit, _):
            return .close  // QUIT-1, QUIT-2
        case (.login, nil):
            let name = lines[0].bytes.flatMap(Username.init)  // LOGIN-5
            state = .deciding(name)
            return .authenticate(name, lines[1].bytes.flatMap(Password.init))  // LOGIN-4, LOGIN-12
        case (.login, .some):
            return reply(.err)  // LOGIN-7: the identity stays, nothing is counted
        case (.send, _):
            // LOGIN-2, SEND-14, SEND-15: refused or not, the message is taken up to its dot (FRAME-2, FRAME-8).
            state = .body
            guard let user, let receiver = lines[0].bytes.flatMap(Username.init),
                let subject = lines[1].bytes.flatMap(Subject.init)
            else { return .receiveBody(nil) }
            return .receiveBody(Envelope(sender: user, receiver: receiver, subject: subject))  // SEND-2
        case (_, nil):
            return reply(.err)  // LOGIN-2
        case (.list, let user?):
            state = .replying
            return .list(user)
        case (.read, let user?), (.delete, let user?):
            guard let number = lines[0].bytes.flatMap(MessageNumber.init) else { return reply(.err) }  // READ-2, READ-7
            state = .replying
            return verb == .read ? .read(number, of: user) : .delete(number, of: user)
        }
    }

    private mutating func reply(_ reply: Reply) -> Action {
        state = .replying
        return .reply(reply)
    }
}

extension LineFramer.Line {
    /// nil for a line that was too long to be kept (FRAME-12).
    package var bytes: [UInt8]? { if case .text(let bytes) = self { bytes } else { nil } }
}
