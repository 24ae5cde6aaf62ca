/// One conversation with the server: a method for each command.

package import MailCore
import Posix

package struct MailSession: ~Copyable {
    private var connection: Connection
    private let trace: Bool
    /// Who has logged in.
    package private(set) var user: Username?

    /// `trace` shows the conversation on standard error, the password masked and texts counted.
    package init(_ connection: consuming Connection, trace: Bool) {
        self.connection = connection
        self.trace = trace
    }

    /// Nothing more can be asked.
    package var isOver: Bool { connection.isBroken }

    package mutating func login(_ user: Username, _ password: Password) throws(ClientFailure) {
        guard try accepted(.login(user, password)) else {
            let words =
                if let before = self.user {
                    "you are still logged in as \(before); \"quit\" first (LOGIN-7)"
                } else {
                    "wrong name or password, or this address is banned (a minute after three failures)"
                }
            throw .failed(.loginRefused, "the server refused the login: \(words)")
        }
        self.user = user
    }

    /// Sends a checked text, and the line feed its last line may lack. `progress` hears of every piece's size.
    ///
    /// - Returns: the bytes of the text as the receiver gets it.
    package mutating func send(
        to receiver: Username, _ subject: Subject, _ body: borrowing Body, progress: (Int) -> Void
    ) throws(ClientFailure) -> Int {
        try begin(.send(to: receiver, subject))
        var scanner = TextScanner()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var sent = 0
        while !connection.isBroken {
            let count = try body.read(into: &chunk, at: sent)
            if count == 0 { break }
            // The file may have changed since it was checked; the server must not see the dot's line feed.
            if scanner.scan(chunk, 0..<count) != nil { throw changed(body) }
            try connection.send(chunk, 0..<count)
            sent += count
            progress(count)
        }
        switch scanner.state {
        case .dot: throw changed(body)
        case .lineStart: try sendLine(".")
        case .inLine:
            try sendLine("\n.")
            sent += 1
        }
        if trace { show("C: (\(sent) bytes of text)\nC: .") }
        guard try status("SEND") else {
            throw .failed(.refusedByServer, "the server refused the message: it may not know the receiver, or be full")
        }
        return sent
    }

    package enum ListPart {
        case count(Int)
        case subject(MessageNumber, [UInt8])
    }

    package mutating func list(_ each: (ListPart) throws(ClientFailure) -> Void) throws(ClientFailure) {
        try begin(.list)
        var reader = ReplyReader(.list)
        var number = 0
        while true {
            switch try connection.next(&reader, of: "LIST") {
            case .refused:
                if trace { show("S: ERR") }
                throw .failed(.refusedByServer, "the server refused LIST, though the login was accepted")
            case .count(let count):
                if trace { show("S: \(count)") }
                try guarding { () throws(ClientFailure) in try each(.count(count)) }
            case .subject(let subject):
                number += 1
                if trace { show("S: ", subject) }
                try guarding { () throws(ClientFailure) in try each(.subject(MessageNumber("\(number)".utf8)!, subject))
                }
            default: return
            }
        }
    }

    package enum MessagePart {
        case header(ReplyReader.Header, [UInt8])
        case text(ArraySlice<UInt8>)
    }

    /// Streams a message to `each`; false when there is none of this number.
    package mutating func read(
        _ number: MessageNumber, _ each: (MessagePart) throws(ClientFailure) -> Void
    ) throws(ClientFailure) -> Bool {
        try begin(.read(number))
        var reader = ReplyReader(.message)
        var size = 0
        while true {
            switch try connection.next(&reader, of: "READ") {
            case .refused:
                if trace { show("S: ERR") }
                return false
            case .accepted:
                if trace { show("S: OK") }
            case .header(let header, let line):
                if trace { show("S: ", line) }
                try guarding { () throws(ClientFailure) in try each(.header(header, line)) }
            case .body(let heldDot, let range):
                let bytes = connection.bytes(range)
                size += bytes.count + (heldDot ? 1 : 0)
                try guarding { () throws(ClientFailure) in
                    if heldDot { try each(.text([UInt8(ascii: ".")])) }
                    try each(.text(bytes))
                }
            default:
                if trace { show("S: (\(size) bytes of text)\nS: .") }
                return true
            }
        }
    }

    /// False when there is no message of this number.
    package mutating func delete(_ number: MessageNumber) throws(ClientFailure) -> Bool {
        try accepted(.delete(number))
    }

    /// Says QUIT; the connection closes with this value.
    package mutating func quit() {
        guard !connection.isBroken else { return }
        try? begin(.quit)
        connection.abandon()
    }

    private mutating func accepted(_ request: Request) throws(ClientFailure) -> Bool {
        try begin(request)
        return try status(request.verb)
    }

    private mutating func begin(_ request: Request) throws(ClientFailure) {
        let stray = connection.stray
        if !stray.isEmpty {
            connection.abandon()
            throw .failed(
                .brokenProtocol, "the server sent \(excerpt(of: stray)) after its reply, where nothing belongs")
        }
        if trace { for line in request.lines(masked: true) { show("C: ", line) } }
        var bytes = request.bytes
        try connection.send(bytes, bytes.indices)
        for index in bytes.indices { bytes[index] = 0 }  // It may hold a password.
    }

    private mutating func status(_ verb: String) throws(ClientFailure) -> Bool {
        var reader = ReplyReader(.status)
        let isAccepted = try connection.next(&reader, of: verb) == .accepted
        if trace { show(isAccepted ? "S: OK" : "S: ERR") }
        return isAccepted
    }

    private mutating func sendLine(_ text: String) throws(ClientFailure) {
        let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
        try connection.send(bytes, bytes.indices)
    }

    private mutating func changed(_ body: borrowing Body) -> ClientFailure {
        connection.abandon()
        let words =
            "changed while it was being sent and now has a line that is only a dot; the message was not delivered"
        return .failed(.refusedBeforeSending, "\(body.name) \(words)")
    }

    /// A reply that is not read to its end leaves the conversation without a next command.
    private mutating func guarding(_ use: () throws(ClientFailure) -> Void) throws(ClientFailure) {
        do { try use() } catch {
            connection.abandon()
            throw error
        }
    }

    private func show(_ label: String, _ line: [UInt8] = []) {
        try? writeAll(2, (Array(label.utf8) + Sanitiser.shown(line) + [UInt8(ascii: "\n")]).span)
    }
}
