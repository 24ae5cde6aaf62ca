/// What a probe heard, raw: question by question, and rung by rung of the ladder of speeches.

import Bytes

package struct ProbeRecord: Sendable, Equatable {
    /// What is asked, as people are told.
    package enum Question: String, Sendable, CaseIterable {
        case greeting = "connect"
        case login = "LOGIN"
        case loginOther = "LOGIN of another"
        case wrongLogin = "wrong LOGIN"
        case wrongLoginAgain = "wrong LOGIN, another"
        case secondLogin = "LOGIN, logged in"
        case strangerList = "LIST before LOGIN"
        case strangerListAgain = "LIST before, again"
        case strangerSend = "SEND before LOGIN"
        case strangerSendAgain = "SEND before, again"
        case strangerRead = "READ before LOGIN"
        case strangerReadAgain = "READ before, again"
        case strangerDelete = "DEL before LOGIN"
        case strangerDeleteAgain = "DEL before, again"
        case unknownVerb = "unknown verb"
        case unknownVerbAgain = "another"
        case emptyList = "LIST, no mail"
        case send = "SEND"
        case sendAgain = "SEND, another"
        case list = "LIST, two mails"
        case pipelined = "LIST twice at once"
        case read = "READ"
        case missing = "READ, none there"
        case missingAgain = "READ, none, again"
        case missingDelete = "DEL, none there"
        case missingDeleteAgain = "DEL, none, again"
        case delete = "DEL"
        case deleteAgain = "DEL, another"
        case quit = "QUIT"
    }

    /// One rung of the ladder, with a server, a user and addresses of its own.
    package struct Try: Sendable, Equatable {
        package var speech: Speech
        package var user: String
        package var greeting: [UInt8] = []
        package var wrong: [UInt8] = []
        package var right: [UInt8] = []
        /// Of no mail.
        package var list: [UInt8] = []
        /// The server ended by itself when it was to list.
        package var endedAtList = false
        /// It was answered only with a line that names the mailbox.
        package var namesMailbox = false
        /// To a SEND; asked where cuts are compared.
        package var send: [UInt8] = []
        /// What the server or its directory did meanwhile; may be empty.
        package var note = ""

        package init(_ speech: Speech, user: String) { (self.speech, self.user) = (speech, user) }
    }

    package var sender = "alice"
    package var receiver = "bob"
    /// Words that no server uses by itself.
    package static let subjects = ["Quilt: zebra, jam", "Violet; quiz fjord"].map { Array($0.utf8) }
    package static let body = firstLine + Array("\n\nOdd last line".utf8)
    package static let firstLine = Array("Odd first line".utf8)

    /// Up to the first that counts.
    package var tries: [Try] = []
    /// The same in other cuts than the server's speech.
    package var cuts: [Try] = []
    private var answers: [Question: [UInt8]] = [:]
    package subscript(_ question: Question) -> [UInt8] {
        get { answers[question] ?? [] }
        set { answers[question] = newValue }
    }
    /// At every connection.
    package var greetings: [[UInt8]] = []
    /// Further wrong LOGINs of one address, up to a ban and one more.
    package var refusals: [[UInt8]] = []
    /// With which READ showed a message; nil: none did.
    package var number: String?
    /// READs that showed nothing of the mail, with their replies.
    package var vainReads: [(number: String, reply: [UInt8])] = []
    package var namesMailbox: Set<Verb> = []
    package var speechOf: [Verb: Speech] = [:]
    /// How the server ended by itself, and at what.
    package var endings: [String] = []
    /// What else the probe saw.
    package var remarks: [String] = []

    package init() {}

    package static func == (left: ProbeRecord, right: ProbeRecord) -> Bool { left.lines == right.lines }

    /// Without what frames the replies.
    mutating func decode(_ framing: Dialect.ReplyFraming) {
        answers = answers.mapValues(framing.decoded)
        greetings = greetings.map(framing.decoded)
        refusals = refusals.map(framing.decoded)
        vainReads = vainReads.map { ($0.number, framing.decoded($0.reply)) }
        for index in tries.indices { tries[index].decode(framing) }
        for index in cuts.indices { cuts[index].decode(framing) }
    }

    /// What follows from the bytes.
    package var dialect: Dialect {
        var heard = self
        let framing = replyFraming
        heard.decode(framing)
        var dialect = Dialect()
        dialect.replyFraming = framing
        heard.learnSpeech(&dialect)
        heard.learnWords(&dialect)
        heard.learnList(&dialect)
        heard.learnMessage(&dialect)
        dialect.remarks += remarks + endings
        return dialect
    }

    /// What was heard, for people: a line per question, the bytes as they came.
    package var lines: [String] {
        func line(_ name: String, _ bytes: [UInt8]) -> String {
            let gap = String(repeating: " ", count: max(1, 21 - name.count))
            return "  \(name)\(gap)\(bytes.isEmpty ? "(no byte)" : Visible.line(bytes, limit: 400))"
        }
        let rungs = (tries.count > 1 || chosen == nil ? tries : []) + cuts
        let ladder = rungs.flatMap { rung in
            ["  \(rung.speech.rawValue): \(rung.shown)"]
        }
        let asked = Question.allCases.filter { answers[$0] != nil }.map { line($0.rawValue, self[$0]) }
        return ladder + asked + vainReads.map { line("READ \($0.number)", $0.reply) }
            + (refusals.last.map { [line("wrong LOGIN at last", $0)] } ?? [])
    }
}

extension ProbeRecord.Try {
    mutating func decode(_ framing: Dialect.ReplyFraming) {
        (greeting, wrong, right) = (framing.decoded(greeting), framing.decoded(wrong), framing.decoded(right))
        (list, send) = (framing.decoded(list), framing.decoded(send))
    }

    /// For people.
    package var shown: String {
        func shown(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "(no byte)" : Visible.line(bytes, limit: 120) }
        let parts =
            ["right LOGIN \(shown(right))"] + (wrong.isEmpty ? [] : ["wrong LOGIN \(shown(wrong))"])
            + (list.isEmpty ? [] : ["LIST \(shown(list))"]) + (send.isEmpty ? [] : ["SEND \(shown(send))"])
        return parts.joined(separator: ", ") + (note.isEmpty ? "" : "; \(note)")
    }
}
