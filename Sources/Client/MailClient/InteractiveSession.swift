/// The session a user types, or a script pipes in: one command a line.

package import MailCore
package import Posix

package struct InteractiveSession: ~Copyable {
    private var mail: MailSession
    private var input: LineInput
    private var output: Output
    private let waiting: InterruptibleWait
    private let clock: Clock
    private let passwords: PasswordSource
    /// Somebody sits there: prompts are shown, and a failed command does not decide the exit status.
    private let isTyped: Bool
    private var firstFailure: ExitStatus?

    package init(
        _ mail: consuming MailSession, _ output: consuming Output, passwords: PasswordSource, clock: Clock,
        waiting: InterruptibleWait
    ) {
        self.mail = mail
        self.output = output
        self.passwords = passwords
        self.clock = clock
        self.waiting = waiting
        input = LineInput(0, waiting: waiting)
        isTyped = isTerminal(0)
    }

    package static let commands = """
        login [USER]      log in; the password is asked without echo
        send [RECEIVER]   write a message: subject, text, and a line that is only a dot
        list              numbers and subjects of your messages
        read N [FILE]     show message N, or save its exact text in FILE
        del N…            delete messages; numbers hold until the next list
        quit              end the session (so does ^D)

        """

    /// Until `quit` or the end of the input.
    ///
    /// - Returns: for a typed session nil; for a piped one the status of the first command that failed.
    /// - Throws: what ends the session: the connection lost, the protocol broken, a signal.
    package mutating func run(as user: Username?) throws(ClientFailure) -> ExitStatus? {
        if isTyped { try output.write("connected; help shows the commands\n") }
        if let user { try attempt { (session) throws(ClientFailure) in try session.login(user) } }
        while let line = try ask(mail.user.map { "\($0)> " } ?? "> ") {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
            guard let verb = words.first else { continue }
            let name = String(decoding: verb, as: UTF8.self).lowercased()
            if name == "quit" || name == "exit" { break }
            try attempt { (session) throws(ClientFailure) in
                try session.perform(name, words.dropFirst().map(Array.init))
            }
        }
        mail.quit()
        return isTyped ? nil : firstFailure
    }

    private mutating func attempt(
        _ command: (inout InteractiveSession) throws(ClientFailure) -> Void
    ) throws(ClientFailure) {
        do {
            try command(&self)
        } catch {
            guard case .failed(let status, let words) = error, !mail.isOver, status != .brokenProtocol,
                status != .unreachable
            else { throw error }
            try output.flush()
            try? writeAll(2, Array("\(words)\n".utf8).span)
            firstFailure = firstFailure ?? status
        }
    }

    private mutating func perform(_ name: String, _ words: [[UInt8]]) throws(ClientFailure) {
        switch name {
        case "help", "?": try output.write(InteractiveSession.commands)
        case "login": try login(try InteractiveSession.user(try required("User: ", words.first)))
        case "send": try send(words.first)
        case "list":
            try requireLogin()
            try printList(of: &mail, .shown, to: &output)
        case "read": try read(words)
        case "del", "delete":
            let numbers = try InteractiveSession.numbers(words.isEmpty ? [try required("Number: ")] : words)
            try requireLogin()
            try deleteMessages(numbers, of: &mail, .shown, to: &output)
        default: throw .failed(.usage, "there is no command \(excerpt(of: name.utf8)); help shows the commands")
        }
    }

    private mutating func login(_ user: Username) throws(ClientFailure) {
        let password: Password
        if case .prompt = passwords, !isTyped {
            password = try PasswordSource.valid(try required(""))
        } else {
            try output.flush()
            password = try passwords.password(for: user, waiting: waiting)
        }
        try mail.login(user, password)
        if isTyped { try output.write("logged in as \(user)\n") }
    }

    private mutating func send(_ word: [UInt8]?) throws(ClientFailure) {
        let receiver = try required("To: ", word)
        if isTyped {
            try requireLogin()
            _ = try InteractiveSession.user(receiver)
        }
        let subject = try required("Subject: ")
        if isTyped {
            _ = try InteractiveSession.subject(subject)
            try output.write("Text; a line that is only a dot ends it, ^D abandons it:\n")
        }
        try output.flush()
        // The whole text is taken first: a refused one must not be run as commands, and a slow hand must not
        // hold an unfinished message open at the server.
        var text = try SpooledText.begin()
        guard try input.text(into: &text) else {
            throw .failed(.refusedBeforeSending, "the text ended without a line that is only a dot; nothing was sent")
        }
        try requireLogin()
        let (user, line) = (try InteractiveSession.user(receiver), try InteractiveSession.subject(subject))
        let body = text.body(name: "the text")
        var progress = Progress("sending", total: body.size, clock: clock, isWanted: true)
        try sendMessage(to: user, line, body, of: &mail, .shown, to: &output, progress: &progress)
    }

    private mutating func read(_ words: [[UInt8]]) throws(ClientFailure) {
        let number = try InteractiveSession.numbers([try required("Number: ", words.first)])[0]
        try requireLogin()
        let file = words.count > 1 ? String(decoding: words[1], as: UTF8.self) : nil
        var progress = Progress("received", clock: clock, isWanted: file != nil || !output.isTerminal)
        if let file {
            try saveMessage(number, of: &mail, as: file, .shown, to: &output, progress: &progress)
        } else {
            try printMessage(number, of: &mail, .shown, to: &output, progress: &progress)
        }
    }

    private func requireLogin() throws(ClientFailure) {
        if mail.user == nil { throw .failed(.usage, "log in first: login USER") }
    }

    /// A line of input after a prompt; nil at its end.
    private mutating func ask(_ prompt: String) throws(ClientFailure) -> [UInt8]? {
        if isTyped { try output.write(prompt) }
        try output.flush()
        let line = try input.line()
        if line == nil, isTyped { try output.write("\n") }
        return line
    }

    /// The word that came with the command, or else a line asked for.
    private mutating func required(_ prompt: String, _ word: [UInt8]? = nil) throws(ClientFailure) -> [UInt8] {
        if let word { return word }
        guard let line = try ask(prompt) else { throw .failed(.usage, "the input ended in the middle of a command") }
        return line
    }
}

extension InteractiveSession {
    /// What the server would only answer with ERR is refused here, where a reason can be given.
    package static func user(_ bytes: [UInt8]) throws(ClientFailure) -> Username {
        if let user = Username(bytes) { return user }
        let words = "1 to 32 of a-z, 0-9, dot, underscore, dash, beginning with a letter or digit"  // LOGIN-5, SEND-14
        throw .failed(.refusedBeforeSending, "\(excerpt(of: bytes)) is no user name: \(words)")
    }

    package static func subject(_ bytes: [UInt8]) throws(ClientFailure) -> Subject {
        if let subject = Subject(bytes) { return subject }
        let words = "80 characters at most, and no control characters"  // SEND-7, FRAME-14
        throw .failed(.refusedBeforeSending, "this cannot be a subject: \(words)")
    }

    /// From the highest to the lowest: a server that renumbers after each DEL then still deletes the right ones.
    package static func numbers(_ words: [[UInt8]]) throws(ClientFailure) -> [MessageNumber] {
        var numbers: Set<MessageNumber> = []
        for word in words {
            guard let number = MessageNumber(word) else {
                throw .failed(.usage, "\(excerpt(of: word)) is no message number")  // READ-2, READ-7
            }
            numbers.insert(number)
        }
        return numbers.sorted { $0.value > $1.value }
    }
}
