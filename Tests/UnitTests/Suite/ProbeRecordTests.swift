/// What follows from a probe's record: a server's words, layouts and numbers, and what stays unknown.

import Dialects
import Testing

@testable import Dialects
@testable import Engine

struct ProbeRecordTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A server that is right to the letter, but for what `change` says.
    private func record(_ change: (inout ProbeRecord) -> Void = { _ in }) -> ProbeRecord {
        var record = ProbeRecord()
        var rung = ProbeRecord.Try(.flight, user: "carol")
        (rung.wrong, rung.right, rung.list) = (bytes("ERR\n"), bytes("OK\n"), bytes("0\n"))
        record.tries = [rung]
        for question in ProbeRecord.Question.allCases { record[question] = bytes("ERR\n") }
        for question in [ProbeRecord.Question.login, .loginOther, .send, .sendAgain, .delete, .deleteAgain] {
            record[question] = bytes("OK\n")
        }
        (record[.greeting], record[.quit], record[.emptyList]) = ([], [], bytes("0\n"))
        record[.list] = bytes("2\nQuilt: zebra, jam\nViolet; quiz fjord\n")
        record[.pipelined] = record[.list] + record[.list]
        record.number = "1"
        record[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line\n.\n")
        change(&record)
        return record
    }

    private func read(
        _ replies: String, to commands: String, in dialect: Dialect
    ) -> (text: String, deviations: [Deviation.Kind]) {
        var translator = ReplyTranslator(dialect)
        translator.sent(bytes(commands))
        var result: [UInt8] = []
        for byte in bytes(replies) { result += translator.receive([byte][...]) }
        result += translator.rest()
        return (String(decoding: result, as: UTF8.self), translator.takeDeviations().map(\.kind))
    }

    @Test func `a server right to the letter has no dialect and nothing unknown`() {
        #expect(record().dialect == Dialect())
        #expect(record().dialect.summary == ["Layout: as the sheet shows it"])
    }

    // MARK: Words

    /// All that is refused in words of their own, and what is granted.
    private func spoken(yes: String, no: String) -> ProbeRecord {
        record {
            for question in ProbeRecord.Question.allCases where $0[question] == bytes("ERR\n") {
                $0[question] = bytes(no)
            }
            for question in ProbeRecord.Question.allCases where $0[question] == bytes("OK\n") {
                $0[question] = bytes(yes)
            }
            ($0.tries[0].right, $0.tries[0].wrong) = (bytes(yes), bytes(no))
            $0[.read] = bytes(yes) + $0[.read].dropFirst(3)
        }
    }

    @Test func `own words are read as OK and ERR, and FRAME-3 fails by them`() {
        let dialect = spoken(yes: "Fine.\n", no: "Error: no\n").dialect
        let reading = read(
            "Error: no\nFine.\n1\nlunch\nFine.\na\nb\nlunch\nx\n.\nError: no\n",
            to: "LOGIN\na\nb\nLOGIN\na\nb\nLIST\nREAD\n1\nDEL\n9\n", in: dialect)
        #expect(reading.text == "ERR\nOK\n1\nlunch\nOK\na\nb\nlunch\nx\n.\nERR\n")
        #expect(reading.deviations == [.words] && Deviation(.words, "").faultOf == "FRAME-3")
    }

    @Test func `statuses that never have a line feed are cut off where the word ends`() {
        let dialect = spoken(yes: "OK", no: "ERR").dialect
        let reading = read("OKERR0\nERR", to: "LOGIN\na\nb\nLOGIN\na\nb\nLIST\nX\n", in: dialect)
        #expect(reading.text == "OK\nERR\n0\nERR\n")
        #expect(reading.deviations == [.noLineFeed] && Deviation(.noLineFeed, "").faultOf == "FRAME-3")
    }

    @Test func `texts of which one begins another are told apart by what follows`() {
        let dialect = record {
            for question in [ProbeRecord.Question.strangerSend, .strangerSendAgain] {
                $0[question] = bytes("Error: who\n\0")
            }
            for question in [ProbeRecord.Question.strangerList, .strangerListAgain] {
                $0[question] = bytes("Error: who")
            }
        }.dialect
        #expect(read("Error: who\n\0Error: who", to: "SEND\na\nb\n.\nLIST\n", in: dialect).text == "ERR\nERR\n")
        // One more that begins with the word of all.
        #expect(read("Error: too long\n", to: "SEND\na\nb\n.\n", in: dialect).text == "ERR\n")
    }

    @Test(arguments: [
        ("wrong: wrong-password\n", "wrong: mistaken-secret\n"), ("LOGIN\nfailed\n", "LOGIN\nfailed\n"),
        ("no\n", "never\n"), ("OK\n", "OK\n"), ("", ""),
    ])
    func `what echoes, differs or is no refusal is not learnt`(_ one: String, _ other: String) {
        let dialect = record { ($0[.wrongLogin], $0[.wrongLoginAgain]) = (bytes(one), bytes(other)) }.dialect
        #expect(dialect.phrases.isEmpty && dialect.refusalWord.isEmpty)
    }

    @Test func `an answer like the right one is no refusal`() {
        let dialect = record {
            for question in [ProbeRecord.Question.strangerList, .strangerListAgain, .missing, .missingAgain] {
                $0[question] = bytes("Nothing: 0\n")
            }
            $0[.emptyList] = bytes("Nothing: 0\n")
        }.dialect
        #expect(dialect.phrases.map(\.verb) == [.read])
        #expect(read("Nothing: 0\n", to: "LIST\n", in: dialect).text == "0\n")
    }

    // MARK: LIST

    @Test(arguments: [
        ("2\n[4711] Quilt: zebra, jam\n[4712] Violet; quiz fjord\n", "1\n[4800] lunch\n", "4800"),
        ("2\n9: Violet; quiz fjord\n4: Quilt: zebra, jam\n", "1\n12: lunch\n", "12"),
        ("Mail\n2 in all\nViolet; quiz fjord (2)\nQuilt: zebra, jam (1)\n", "Mail\n1 in all\nlunch (77)\n", "77"),
        (
            "2\nMail 1\nSubject: Quilt: zebra, jam\nMail 2\nSubject: Violet; quiz fjord\n",
            "1\nMail 5\nSubject: lunch\n", "5"
        ),
    ])
    func `a number beside a subject is the mail's`(_ probed: String, _ later: String, _ number: String) {
        let dialect = record { $0[.list] = bytes(probed) }.dialect
        var translator = ReplyTranslator(dialect)
        translator.sent(bytes("LIST\n"))
        let text = translator.receive(bytes(later)[...])
        #expect(String(decoding: text, as: UTF8.self) == "1\nlunch\n")
        #expect(translator.listed == [Listed(subject: bytes("lunch"), number: bytes(number))])
    }

    @Test func `numbers that LIST shows are tried first`() {
        let shown = record { $0[.list] = bytes("2\n4711 Quilt: zebra, jam\n4712 Violet; quiz fjord\n") }
        #expect(shown.numbersToTry == ["4711", "4712", "1", "2", "3", "0"])
        #expect(record().numbersToTry == ["1", "2", "3", "0"])
    }

    @Test func `a list without subjects is counted, and its lines pass as they came`() {
        let dialect = record { $0[.list] = bytes("2\n[0] bob\n[1] bob\n") }.dialect
        #expect(!dialect.list.showsSubjects && dialect.unknown.isEmpty)
        #expect(dialect.summary.contains { $0.contains("LIST shows no subject: 2⏎[0] bob⏎") })
        #expect(read("1\n[0] bob\n", to: "LIST\n", in: dialect).text == "1\n[0] bob\n")
    }

    @Test func `what is no list is said and not taken for one`() {
        let dialect = record { $0[.list] = bytes("come back later\n") }.dialect
        #expect(dialect.unknown.map(\.verb) == [.list])
        #expect(dialect.unknown[0].sentence.contains("come back later⏎"))
    }

    // MARK: READ

    private func damaged(_ text: String) -> Dialect {
        record { $0[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\n" + text) }.dialect
    }

    @Test(arguments: [
        "Odd first line\n\nOdd last lin\n.\n", "Odd first line\n.\n", "Odd first line\nOdd last line\n.\n", ".\n",
    ])
    func `a text that comes back damaged is still a layout with a dot`(_ text: String) {
        let dialect = damaged(text)
        #expect(dialect.read == Dialect().read)
        #expect(dialect.summary.contains { $0.contains("READ does not show the text") })
    }

    @Test(arguments: [("Odd first line\n\nOdd last lin\n", "\n"), ("Odd first line.\n", "\n"), ("Odd first line", "")])
    func `nor is a dot seen that is none`(_ text: String, _ end: String) {
        let dialect = damaged(text)
        #expect(!dialect.read.hasFinalDot && dialect.read.end == bytes(end))
        #expect(dialect.read.header == Dialect().read.header)
    }

    @Test func `an empty line that the server adds before the dot is none of the text`() {
        let dialect = damaged("Odd first line\n\nOdd last line\n\n.\n")
        #expect(dialect.read.hasEmptyLineBeforeDot && dialect.read.hasFinalDot)
        let reading = read("OK\na\nb\ns\nx\n\ny\n\n.\nERR\n", to: "READ\n1\nREAD\n2\n", in: dialect)
        #expect(reading.text == "OK\na\nb\ns\nx\n\ny\n.\nERR\n")
        #expect(reading.deviations == [.textEnd] && Deviation(.textEnd, "").concerns("READ-5"))
    }

    @Test func `a READ that shows nothing of the mail is said, and only where the mail is known to be there`() {
        func vain(_ list: String) -> Dialect {
            record {
                (($0.number, $0[.read]), $0[.list]) = ((nil, []), bytes(list))
                $0.vainReads = [("1", bytes("OK\n6f6464\n.\n")), ("0", bytes("ERR\n"))]
            }.dialect
        }
        let known = vain("2\nQuilt: zebra, jam\nViolet; quiz fjord\n")
        #expect(known.unknown.map(\.verb) == [.read])
        #expect(known.unknown[0].sentence.contains("1: OK⏎6f6464⏎.⏎"))
        let lost = vain("0\n")
        #expect(lost.unknown.isEmpty && lost.remarks.contains { $0.contains("neither listed nor read") })
    }

    @Test func `who is logged in waits for a reply that is not understood, a stranger does not`() {
        let dialect = record {
            ($0.number, $0.vainReads) = (nil, [("1", bytes("?\n"))])
            $0[.read] = []
        }.dialect
        var translator = ReplyTranslator(dialect)
        translator.sent(bytes("READ\n1\n"))
        #expect(translator.unread == nil)
        _ = translator.receive(bytes("ERR\n")[...])
        translator.sent(bytes("LOGIN\na\nb\n"))
        _ = translator.receive(bytes("OK\n")[...])
        translator.sent(bytes("READ\n1\n"))
        #expect(translator.unread?.verb == .read)
        _ = translator.receive(bytes("?\n")[...])
        _ = translator.rest()
        #expect(translator.unread?.verb == .read)
        translator.sent(bytes("LIST\n"))
        #expect(translator.unread == nil)
    }
}
