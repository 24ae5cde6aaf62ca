/// The command line of the client.

import MailClient
import MailCore
import Options

/// The command that the arguments ask for, checked as far as is possible without the network.
enum Command {
    case interactive
    case send(to: Username, Subject, file: String)
    case list
    case read(MessageNumber, file: String?)
    /// From the highest number to the lowest.
    case delete([MessageNumber])

    static let spec = CommandLineSpec(
        program: "twmailer-client", version: productVersion,
        summary: "Sends and reads mail on a TW-Mailer Pro server. Without a command it starts an interactive session, "
            + "or reads commands from a pipe.",
        positionals: [
            Positional("ip", "The server's address or host name."),
            Positional("port", "The server's TCP port."),
            Positional("command", "send, list, read N or del N…; without one: a session.", .rest),
        ],
        options: [
            Option("user", short: "u", value: "USER", "The user to log in as."),
            Option("password-file", value: "FILE", "Read the password from the first line of FILE."),
            Option("password-command", value: "COMMAND", "Read it from the first line that sh -c COMMAND prints."),
            Option("password-fd", value: "N", "Read it from the first line of descriptor N."),
            Option("to", value: "USER", "send: the receiver."),
            Option("subject", value: "TEXT", "send: the subject, at most 80 characters."),
            Option(
                "output", short: "o", value: "FILE", "read: save the exact text; FILE appears only once it is complete."
            ),
            Option(flag: "json", "Print one JSON object per line; bytes that are not UTF-8 become U+FFFD."),
            Option(
                flag: "raw",
                "list, read: print the bytes as received, and only the text of a message; not on a terminal."),
            Option(flag: "trace", "Show the conversation on standard error, with the password masked."),
            Option("timeout", value: "TIME", "Longest wait for a byte from the server.", standard: "60s"),
        ],
        notes: """
            Commands:
              send --to USER --subject TEXT [FILE|-]   send FILE, or standard input
              list                                     numbers and subjects
              read N [-o FILE]                         show message N, or save its text
              del N…                                   delete messages

            The client checks a text before it sends anything, because a line that is only a dot would end the message. \
            It copies a text from a pipe to an unlinked file in TMPDIR for that. It adds a missing last line feed.

            A session from a pipe takes the same commands, one per line. The line after login USER is the password, \
            unless a --password option names another source.

            The client shows control characters that others wrote as \\x1b, or as \\u{202e} where they are more than \
            one byte, so they cannot steer your terminal.

            Exit status:
              0    done
              1    the server refused the command and the protocol does not say why
              64   the command line is wrong
              65   refused before anything was sent
              66   the text or the password cannot be read
              67   there is no such message
              69   cannot connect, or the server fell silent or closed the connection
              73   a file cannot be written
              76   the server broke the protocol
              77   the login was refused
            """)

    /// The options that only some commands take.
    private static let allowed: [String: [String]] = [
        "": ["trace"], "send": ["to", "subject", "json", "trace"], "list": ["json", "raw", "trace"],
        "read": ["output", "json", "raw", "trace"], "del": ["json", "trace"],
    ]

    init(_ options: ParsedOptions) throws {
        let words = options.texts("command")
        let name = words.first ?? ""
        guard let allowed = Command.allowed[name] else {
            throw UsageError("there is no command \"\(name)\"; the commands are send, list, read and del")
        }
        for option in ["to", "subject", "output", "json", "raw"]
        where options.isGiven(option) && !allowed.contains(option) {
            throw UsageError("--\(option) cannot be combined with " + (name.isEmpty ? "a session" : name))
        }
        let arguments = words.dropFirst().map { Array($0.utf8) }
        switch name {
        case "send":
            try Command.expect(arguments.count, 0...1, "send takes one FILE, or - for standard input")
            self = .send(
                to: try InteractiveSession.user(Array(try options.requiredText("to").utf8)),
                try InteractiveSession.subject(Array(try options.requiredText("subject").utf8)),
                file: words.count > 1 ? words[1] : "-")
        case "list":
            try Command.expect(arguments.count, 0...0, "list takes no argument")
            self = .list
        case "read":
            try Command.expect(arguments.count, 1...1, "read takes one number: read N")
            self = .read(try InteractiveSession.numbers(arguments)[0], file: options.text("output"))
        case "del":
            try Command.expect(arguments.count, 1...Int.max, "del takes one number or several: del N…")
            self = .delete(try InteractiveSession.numbers(arguments))
        default: self = .interactive
        }
    }

    private static func expect(_ count: Int, _ range: ClosedRange<Int>, _ words: String) throws(UsageError) {
        if !range.contains(count) { throw UsageError(words) }
    }
}

extension PasswordSource {
    init(_ options: ParsedOptions) throws(UsageError) {
        let given = ["password-file", "password-command", "password-fd"].filter { options.isGiven($0) }
        if given.count > 1 {
            throw UsageError("--\(given[0]) and --\(given[1]) exclude each other: the password has one source")
        }
        switch given.first {
        case "password-file": self = .file(try options.requiredText("password-file"))
        case "password-command": self = .command(try options.requiredText("password-command"))
        case "password-fd": self = .descriptor(Int32(try options.int("password-fd", in: 0...1_000_000)))
        default: self = .prompt
        }
    }
}
