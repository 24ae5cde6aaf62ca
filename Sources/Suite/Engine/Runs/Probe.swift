/// The probe: learns how a server wants to be spoken to and how it answers, before it is judged.

package import Dialects
import Posix
import Results
import Transcript
package import World

package struct Probe {
    let options: PlayOptions
    /// What may be the server's speech, in the order of the ladder.
    private let ladder: [Speech]

    /// - Parameter named: the speech, where somebody has said it.
    /// - Parameter cut: tried first; nil: as the sheet shows commands.
    package init(_ options: PlayOptions, speech named: Speech? = nil, cut: Speech? = nil) {
        self.options = options
        ladder = named.map { [$0] } ?? ((cut.map { [$0] } ?? []) + Speech.allCases.filter { $0 != cut })
    }

    /// - Throws: what would end a run.
    package func run(with lease: Lease) throws(Problem) -> ProbeRecord {
        var session = ProbeSession(options, lease)
        if let accounts = options.server.attachment?.accounts {
            (session.record.sender, session.record.receiver) = (accounts[0].name, accounts[1].name)
        }
        try session.climb(ladder)
        guard session.record.chosen != nil else { return session.record }
        try session.sendMail()
        try session.compareCuts()
        try session.askAsStranger()
        return session.record
    }
}

/// The questions so far, and the servers that are started for the next.
struct ProbeSession {
    let options: PlayOptions
    private let lease: Lease
    var record = ProbeRecord()
    private var turns = 0
    /// See `Interview`.
    private var patience: Duration? = .seconds(1)

    init(_ options: PlayOptions, _ lease: Lease) { (self.options, self.lease) = (options, lease) }

    /// Attempts are counted: every rung has users of its own.
    private var users: [String] {
        options.server.attachment.map { $0.accounts.map(\.name) }
            ?? ["carol", "dave"] + (1...9).map { "if23b00\($0)" }
    }

    /// Starts a server and asks; what was heard before something went wrong tells enough. False when the server does not
    /// start any more, so that nothing was asked.
    @discardableResult
    mutating func interview(
        as dialect: Dialect, _ body: (inout ProbeRecord, Interview) throws(Stop) -> Void
    ) throws(Problem) -> Bool {
        let interview: Interview
        do {
            interview = try Interview(options, as: dialect, turn: turns, patience: patience, lease: lease)
        } catch {
            // It has started before; that it does not now is for the transcripts to judge.
            guard turns > 0, case .serverDidNotStart = error else { throw .world(error) }
            record.remarks.append("did not start once more")
            return false
        }
        turns += 1
        defer { interview.end() }
        do {
            try body(&record, interview)
        } catch {
            switch error {
            case .interrupted: throw .interrupted
            case .broken(let failure): throw .world(failure)
            case .fault(let place, let message): throw .transcript(path: "probe", line: place.line, message: message)
            case .failed, .unmet, .untested: break
            }
        }
        record.greetings += interview.greetings
        if let patience { self.patience = max(patience, interview.slowest * 4) }
        return true
    }

    // MARK: The ladder

    mutating func climb(_ ladder: [Speech]) throws(Problem) {
        for speech in ladder where record.chosen == nil { record.tries.append(try rung(speech)) }
        // Who understands it line by line may want no more than the verb's line alone.
        if record.speech == .line, ladder.contains(.verb) { record.tries.append(try rung(.verb)) }
        // A slow server may have been given up too early: once more, with all the patience of a transcript.
        guard record.chosen == nil, let first = ladder.first, record.tries.contains(where: { $0.right.isEmpty }) else {
            return
        }
        patience = nil
        record.tries[0] = try rung(first)
    }

    /// What is known of LIST from the ladder.
    private mutating func learnMailbox() {
        if record.chosen?.namesMailbox == true { record.namesMailbox = [.list] }
    }

    private mutating func rung(_ speech: Speech) throws(Problem) -> ProbeRecord.Try {
        var rung = ProbeRecord.Try(speech, user: users[turns % users.count])
        var dialect = Dialect()
        (dialect.speech, dialect.takes) = (speech, [speech])
        try interview(as: dialect) { (record, interview) throws(Stop) in
            defer { rung.note = ProbeSession.note(interview) }
            let stranger = try interview.connect(1)
            rung.greeting = interview.greetings[0]
            rung.wrong = try interview.ask(
                ["LOGIN", rung.user, "wrong-password"].map { Array($0.utf8) }, on: stranger)
            interview.close(stranger)
            let client = try interview.connect(0)
            rung.right = try interview.login(rung.user, on: client)
            let isTold = !rung.right.isEmpty && rung.right != rung.wrong || rung.right.starts(with: Array("OK".utf8))
            if isTold { rung.list = try interview.ask(record.command(.list), on: client) }
            interview.close(client)
            rung.endedAtList = isTold && rung.list.isEmpty && interview.endingOnceAtRest() != nil
            guard isTold, rung.list.isEmpty, !rung.endedAtList else { return }
            // It may wait to be told whose.
            let again = try interview.connect(0)
            _ = try interview.login(rung.user, on: again)
            rung.list = try interview.ask(record.command(.list) + [Array(rung.user.utf8)], on: again)
            rung.namesMailbox = !rung.list.isEmpty
            interview.close(again)
        }
        return rung
    }

    private static func note(_ interview: Interview) -> String {
        let binds = interview.binds.map { "the directory saw \($0) password check\($0 == 1 ? "" : "s")" }
        return [binds, interview.ending].compactMap { $0 }.joined(separator: ", ")
    }

    /// The same in the other cuts, each on a fresh server. An attached server's attempts are not spent on it.
    mutating func compareCuts() throws(Problem) {
        guard options.server.attachment == nil, let chosen = record.chosen, !chosen.speech.isFraming else { return }
        for speech in Speech.stream.sorted(by: { $0.rawValue < $1.rawValue })
        where !record.tries.contains(where: { $0.speech == speech }) {
            var cut = ProbeRecord.Try(speech, user: users[turns % users.count])
            var dialect = record.dialect
            (dialect.speech, dialect.takes, dialect.speechOf) = (speech, [speech], [:])
            try interview(as: dialect) { (record, interview) throws(Stop) in
                let client = try interview.connect(0)
                cut.right = try interview.login(cut.user, on: client)
                cut.list = try interview.ask(record.command(.list), on: client)
                cut.send = try interview.ask(record.command(.send), on: client)
                interview.close(client)
            }
            record.cuts.append(cut)
        }
    }

    // MARK: Mail

    /// Two mails are sent, listed, read and deleted; in another cut where this one shows none of them.
    mutating func sendMail() throws(Problem) {
        learnMailbox()
        try mail(in: record.dialect)
        let rungs: [Speech] = [.flight, .line, .verb, .byte]
        guard !record.isMailFound, record.endings.isEmpty, rungs.contains(record.speech) else { return }
        for other in rungs where other != record.speech && !record.isMailFound {
            var attempt = self
            var dialect = record.dialect
            dialect.speechOf = [.send: other, .list: other, .read: other, .delete: other]
            try attempt.mail(in: dialect)
            if attempt.record.isMailFound { attempt.record.speechOf = dialect.speechOf }
            if attempt.record.isMailFound || !attempt.record.endings.isEmpty {
                self = attempt
            } else {
                turns = attempt.turns
            }
        }
    }

    private mutating func mail(in dialect: Dialect) throws(Problem) {
        record.vainReads = []
        let isAttached = options.server.attachment != nil
        try interview(as: dialect) { (record, interview) throws(Stop) in
            if isAttached {
                for user in [record.sender, record.receiver] { try interview.emptyMailbox(of: user) }
            }
            var questions = ProbeQuestions(record, interview)
            defer { record = questions.record }
            try questions.aboutMail()
        }
    }

    // MARK: What cannot be right

    /// What a question kills does not keep the others from being asked, on a fresh server.
    mutating func askAsStranger() throws(Problem) {
        var parts: [ProbeQuestions.Part] = [
            .stranger(0), .stranger(1), .loggedIn([.emptyList]), .loggedIn([.secondLogin, .quit]),
        ]
        // A server that goes on afterwards may ban more than an address.
        if options.server.attachment == nil { parts.append(.wrongPasswords) }
        let dialect = record.dialect
        while !parts.isEmpty {
            let asked = try interview(as: dialect) { (record, interview) throws(Stop) in
                var questions = ProbeQuestions(record, interview)
                defer { record = questions.record }
                while !parts.isEmpty { try questions.ask(parts.removeFirst()) }
            }
            guard asked else { return }
        }
    }
}
