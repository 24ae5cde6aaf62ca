/// What a probe asks once it is understood: about mail, and as somebody who must be refused.

import Bytes
import Dialects
import Posix
import Results
import World

/// On one started server.
struct ProbeQuestions {
    var record: ProbeRecord
    private let interview: Interview

    init(_ record: ProbeRecord, _ interview: Interview) { (self.record, self.interview) = (record, interview) }

    /// A server that ends by it is not asked any further.
    private mutating func ask(_ question: ProbeRecord.Question, on connection: Connection) throws(Stop) {
        record[question] = try interview.ask(record.command(question), on: connection)
        try lookForEnd(at: question.rawValue, connection)
    }

    private mutating func lookForEnd(at what: String, _ connection: Connection) throws(Stop) {
        guard connection.inbox.hasEnded, let ending = interview.endingOnceAtRest() else { return }
        let beyond = record.isMailFound ? "" : "; LIST and READ were not seen with mail"
        record.endings.append("the probe's own \(what) ended it: \(ending)\(beyond)")
        throw .unmet(["a reply"], ending)
    }

    /// Logged in anew, where the server has ended the connection.
    private func renewed(_ connection: Connection, as user: String) throws(Stop) -> Connection {
        guard connection.inbox.hasEnded else { return connection }
        interview.close(connection)
        let new = try interview.connect(0)
        _ = try interview.login(user, on: new)
        return new
    }

    // MARK: Mail

    mutating func aboutMail() throws(Stop) {
        let first = try interview.connect(0)
        record[.greeting] = record.tries.first { !$0.greeting.isEmpty }?.greeting ?? []
        record[.login] = try interview.login(record.sender, on: first)
        for question in [ProbeRecord.Question.send, .sendAgain] { try ask(question, on: first) }
        _ = try interview.ask(record.command(.quit), on: first)
        interview.close(first)
        var second = try interview.connect(0)
        record[.loginOther] = try interview.login(record.receiver, on: second)
        try list(on: second)
        second = try renewed(second, as: record.receiver)
        try ask(.pipelined, on: second)
        second = try renewed(second, as: record.receiver)
        try read(on: &second)
        for question in [ProbeRecord.Question.missing, .missingAgain] {
            second = try renewed(second, as: record.receiver)
            try ask(question, on: second)
        }
        try delete(on: &second)
        for question in [ProbeRecord.Question.missingDelete, .missingDeleteAgain] {
            second = try renewed(second, as: record.receiver)
            try ask(question, on: second)
        }
        interview.close(second)
    }

    private mutating func list(on connection: Connection) throws(Stop) {
        try ask(.list, on: connection)
        if record.isMailListed || connection.inbox.hasEnded || !record.namesMailbox.isEmpty { return }
        // It may want to be told whose.
        var named = interview.dialect
        named.namesMailbox = [.list]
        let plain = (record, interview.dialect)
        interview.speak(named, on: connection)
        try ask(.list, on: connection)
        record.namesMailbox = [.list]
        let counts = [1, 2].contains {
            ProbeRecord.counts(record[.list], $0) && !ProbeRecord.counts(plain.0[.list], $0)
        }
        if record.isMailListed || counts { return }
        record = plain.0
        interview.speak(plain.1, on: connection)
    }

    private mutating func read(on connection: inout Connection) throws(Stop) {
        let plain = interview.dialect
        var named = plain
        named.namesMailbox.formUnion([.read, .delete])
        var vain: [(number: String, reply: [UInt8])] = []
        for dialect in record.namesMailbox.isEmpty ? [plain, named] : [named, plain] {
            interview.speak(dialect, on: connection)
            if try find(on: &connection) {
                record.namesMailbox.formUnion(dialect.namesMailbox)
                return
            }
            if vain.isEmpty { vain = record.vainReads }
        }
        record.vainReads = vain
        interview.speak(plain, on: connection)
    }

    /// Reads the numbers that LIST shows, then others; true when one showed a mail.
    private mutating func find(on connection: inout Connection) throws(Stop) -> Bool {
        record.vainReads = []
        for number in record.numbersToTry {
            connection = try renewed(connection, as: record.receiver)
            interview.speak(interview.dialect, on: connection)
            let reply = try interview.ask([Array("READ".utf8), Array(number.utf8)], on: connection)
            try lookForEnd(at: "READ \(number)", connection)
            if ProbeRecord.isMail(reply) {
                (record.number, record[.read], record.vainReads) = (number, reply, [])
                try lookBelow(on: connection)
                return true
            }
            record.vainReads.append((number, reply))
            // It may still wait for a line.
            if reply.isEmpty { interview.close(connection) }
        }
        return false
    }

    /// The second mail at place 1: the first may have 0.
    private mutating func lookBelow(on connection: Connection) throws(Stop) {
        guard record.number == "1", record.showsOtherThanFirst else { return }
        let reply = try interview.ask([Array("READ".utf8), Array("0".utf8)], on: connection)
        if ProbeRecord.isMail(reply) { (record.number, record[.read]) = ("0", reply) }
    }

    private mutating func delete(on connection: inout Connection) throws(Stop) {
        guard let number = record.number else { return }
        connection = try renewed(connection, as: record.receiver)
        try ask(.delete, on: connection)
        // A place moves up, an id does not.
        for other in [number] + record.numbersToTry.filter({ $0 != number }).prefix(2) {
            connection = try renewed(connection, as: record.receiver)
            record[.deleteAgain] = try interview.ask([Array("DEL".utf8), Array(other.utf8)], on: connection)
            try lookForEnd(at: "DEL \(other)", connection)
            if record[.deleteAgain] == record[.delete] { return }
        }
    }

    // MARK: Strangers

    enum Part {
        /// The first or the second of two, from addresses of their own.
        case stranger(Int)
        case loggedIn([ProbeRecord.Question])
        case wrongPasswords
    }

    mutating func ask(_ part: Part) throws(Stop) {
        switch part {
        case .stranger(let place): try ofStranger(place)
        case .loggedIn(let questions): try ofWhoIsLoggedIn(questions)
        case .wrongPasswords: try withWrongPasswords()
        }
    }

    private mutating func ofStranger(_ place: Int) throws(Stop) {
        let questions: [[ProbeRecord.Question]] = [
            [.strangerList, .strangerSend, .strangerRead, .strangerDelete, .unknownVerb],
            [.strangerListAgain, .strangerSendAgain, .strangerReadAgain, .strangerDeleteAgain, .unknownVerbAgain],
        ]
        var stranger = try interview.connect(place + 1)
        for question in questions[place] {
            if stranger.inbox.hasEnded { stranger = try interview.connect(place + 1) }
            try ask(question, on: stranger)
        }
        interview.close(stranger)
    }

    private mutating func ofWhoIsLoggedIn(_ questions: [ProbeRecord.Question]) throws(Stop) {
        let client = try interview.connect(0)
        _ = try interview.login(record.sender, on: client)
        for question in questions { try ask(question, on: client) }
        interview.close(client)
    }

    private mutating func withWrongPasswords() throws(Stop) {
        for (place, question) in [(1, ProbeRecord.Question.wrongLogin), (2, .wrongLoginAgain)] {
            let stranger = try interview.connect(place)
            try ask(question, on: stranger)
            interview.close(stranger)
        }
        try untilBanned()
    }

    private mutating func untilBanned() throws(Stop) {
        var connection = try interview.connect(1)
        for _ in 0..<3 {
            if connection.inbox.hasEnded { connection = try interview.connect(1) }
            if connection.inbox.hasEnded { break }
            record.refusals.append(try interview.ask(record.command(.wrongLogin), on: connection))
        }
        interview.close(connection)
    }
}
