/// Dialects: what follows from recorded bytes, and how replies in them are read.

import Dialects
import Engine
import Posix
import Reports
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformanceDialectTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A server that is right to the letter, but for what `change` says.
    private func dialect(_ change: (inout ProbeRecord) -> Void = { _ in }) -> Dialect {
        var record = ProbeRecord()
        record[.list] = bytes("2\nQuilt: zebra, jam\nViolet; quiz fjord\n")
        record[.emptyList] = bytes("0\n")
        record[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line\n.\n")
        change(&record)
        return record.dialect
    }

    /// What `commands` make of `replies`, which come byte by byte, and then the server rests.
    private func read(
        _ replies: String, to commands: String, in dialect: Dialect, atEnd: Bool = false
    ) -> (text: String, deviations: [Deviation.Kind]) {
        var translator = ReplyTranslator(dialect)
        translator.sent(bytes(commands))
        var result: [UInt8] = []
        for byte in bytes(replies) { result += translator.receive([byte][...]) }
        result += atEnd ? translator.end() : translator.rest()
        return (String(decoding: result, as: UTF8.self), translator.takeDeviations().map(\.kind))
    }

    @Test func `a server right to the letter has no dialect`() {
        #expect(dialect() == Dialect())
        let reading = read("OK\n2\na\n1. b\nERR\n", to: "LOGIN\na\nb\nLIST\nREAD\n7\n", in: dialect())
        #expect(reading.text == "OK\n2\na\n1. b\nERR\n")
        #expect(reading.deviations.isEmpty)
    }

    @Test func `a greeting is taken away, an ERR at connect is not`() {
        let greeting = dialect { $0[.greeting] = bytes("Welcome!\nPlease log in\n") }
        let greeted = read("Welcome!\nPlease log in\nOK\n", to: "LOGIN\na\nb\n", in: greeting)
        #expect(greeted.text == "OK\n")
        #expect(greeted.deviations == [.greeting])
        #expect(read("Welcome, 12:01\nPlease do\n", to: "", in: greeting).text == "")
        #expect(read("ERR banned\n", to: "", in: greeting).text == "ERR\n")
    }

    @Test(arguments: ["OK Login successful\n", "OK", "OK: hi\n", "OK\r\n"])
    func `a status is known by its first word`(_ reply: String) {
        let reading = read(reply, to: "LOGIN\na\nb\n", in: dialect())
        #expect(reading.text == "OK\n")
        #expect(!reading.deviations.isEmpty && !reading.deviations.contains(.nul))
    }

    @Test(arguments: ["OKAY\n", "Hello\n", "ok\n", "ERROR\n"])
    func `what is no status passes as it came`(_ reply: String) {
        #expect(read(reply, to: "LOGIN\na\nb\n", in: dialect()).text == reply)
    }

    @Test(arguments: ["OK\0", "OK\n\0", "OK\n\0\0\0\0\0", "OK\0\n\0"])
    func `NULs beside a status are understood and remain a fault`(_ reply: String) {
        let reading = read(reply, to: "LOGIN\na\nb\n", in: dialect())
        #expect(reading.text.hasPrefix("OK\n"))
        #expect(reading.deviations.contains(.nul))
        #expect(Deviation(.nul, "").faultOf == "FRAME-3" && Deviation(.greeting, "").faultOf == nil)
    }

    @Test func `two replies to one command stay two`() {
        let reading = read("ERR no\nERR no\n0\n", to: "SEND\n/\ns\nx\n.\n", in: dialect())
        #expect(reading.text == "ERR\nERR\n0\n")
    }

    @Test func `a refusal in words before the connection is closed is no answer`() {
        let refused = read("You are banned\n", to: "LOGIN\na\nb\n", in: dialect(), atEnd: true)
        #expect(refused.text == "")
        #expect(refused.deviations == [.closingText])
        #expect(read("Segmentation fault\n", to: "LIST\n", in: dialect(), atEnd: true).text == "Segmentation fault\n")
    }

    @Test func `a numbered list with prose is read as count and subjects`() {
        let numbered = dialect {
            $0[.list] = bytes("OK\nYou have 2 messages:\n1. Quilt: zebra, jam\n2. Violet; quiz fjord\n")
            $0[.emptyList] = bytes("OK\nYou have 0 messages:\n")
        }
        let replies = "OK\nYou have 11 messages:\n" + (1...11).map { "\($0). \($0). x\n" }.joined()
        let reading = read(replies, to: "LIST\n", in: numbered)
        #expect(reading.text == "11\n" + (1...11).map { "\($0). x\n" }.joined())
        #expect(reading.deviations == [.listLayout])
        #expect(read("OK\nYou have 0 messages:\n", to: "LIST\n", in: numbered).text == "0\n")
        #expect(read("ERR log in\n", to: "LIST\n", in: numbered).text == "ERR\n")
    }

    @Test func `names beside the subjects may differ`() {
        let named = dialect { $0[.list] = bytes("2\n[1] alice: Quilt: zebra, jam\n[2] alice: Violet; quiz fjord\n") }
        #expect(read("1\n[1] carol: lunch\n", to: "LIST\n", in: named).text == "1\nlunch\n")
    }

    @Test func `a list without its subjects is not talked right`() {
        let names = dialect { $0[.list] = bytes("2\n1.txt\n2.txt\n") }
        #expect(read("1\n1.txt\n", to: "LIST\n", in: names).text == "1\n1.txt\n")
        let none = dialect { $0[.emptyList] = bytes("No messages\n") }
        #expect(read("No messages\n", to: "LIST\n", in: none).text == "No messages\n")
    }

    @Test func `labels and another order are put right, and the text is not touched`() {
        let labelled = dialect {
            $0[.read] = bytes(
                "OK\nSubject: Quilt: zebra, jam\nTo: bob\nFrom: alice\nText: Odd first line\n\nOdd last line\n.\n")
        }
        let reply = "OK\nSubject: From: x\nTo: bob\nFrom: carol\nText: From: y\n..\n.z\n.\n"
        let reading = read(reply, to: "READ\n1\n", in: labelled)
        #expect(reading.text == "OK\ncarol\nbob\nFrom: x\nFrom: y\n..\n.z\n.\n")
        #expect(reading.deviations == [.readLayout])
    }

    @Test func `a READ without a sender shows the rest, and none is made up`() {
        let short = dialect { $0[.read] = bytes("OK\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line\n.\n") }
        #expect(short.read.fields == [.receiver, .subject])
        #expect(read("OK\nbob\nlunch\nat noon\n.\n", to: "READ\n1\n", in: short).text == "OK\nbob\nlunch\nat noon\n.\n")
    }

    @Test(arguments: ["", "\n", "\n\n"])
    func `without a final dot a text ends where the server falls silent`(_ end: String) {
        let open = dialect {
            $0[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line" + end)
        }
        #expect(!open.read.hasFinalDot)
        let reading = read("OK\nalice\nbob\nlunch\nat noon" + end, to: "READ\n1\n", in: open)
        #expect(reading.text == "OK\nalice\nbob\nlunch\nat noon\n.\n")
        #expect(reading.deviations == [.finalDot])
    }

    @Test func `a READ that lacks the subject or part of the text is a layout all the same`() {
        let start = dialect { $0[.read] = bytes("OK\nOdd first line\n") }
        #expect(start.read.fields.isEmpty && !start.read.hasFinalDot)
        let body = dialect { $0[.read] = bytes("OK\nOdd first line\n\nOdd last line\n.\n") }
        #expect(!body.read.shows(.subject) && body.read.hasFinalDot)
        #expect(dialect { $0[.read] = bytes("OK\nother\n.\n") } == Dialect())
    }

    @Test func `a READ without OK is READ-1's fault, and what it shows is understood`() {
        let bare = dialect {
            $0[.read] = bytes("From: alice\nSubject: Quilt: zebra, jam\nOdd first line\n\nOdd last line\n.\n")
        }
        #expect(!bare.read.hasStatus && bare.read.fields == [.sender, .subject])
        let reading = read(
            "From: carol\nSubject: lunch\nat noon\n.\nERR\nOK\n", to: "READ\n1\nREAD\n2\nDEL\n1\n", in: bare)
        #expect(reading.text == "OK\ncarol\nlunch\nat noon\n.\nERR\nOK\n")
        #expect(reading.deviations == [.readStatus, .readLayout])
        #expect(Deviation(.readStatus, "").faultOf == "READ-1")
        // What is none of its messages is no READ without OK.
        #expect(read("No such mail\n", to: "READ\n1\n", in: bare).text == "No such mail\n")
    }

    @Test func `prose that was heard behind an ERR belongs to it, and no other text does`() {
        let talkative = dialect {
            $0[.strangerList] = bytes("ERR\nLogin first\n\0")
            $0[.secondLogin] = bytes("OK\nOnce more\n")
            $0.refusals = [bytes("ERR\n"), bytes("ERR\nbanned for 60 s"), bytes("ERR\nwhat?\nwhat?\n")]
        }
        #expect(talkative.afterERR.map(\.shown) == ["Login first", "banned for 60 s"])
        let refused = read("ERR\nbanned for 59 sERR\nbanned for 58 s", to: "LOGIN\na\nb\nLOGIN\na\nb\n", in: talkative)
        #expect(refused.text == "ERR\nERR\n")
        #expect(refused.deviations == [.statusText])
        let stranger = read("ERR\nLogin first\n\0ERR\n", to: "LIST\nLIST\n", in: talkative)
        #expect(stranger.text == "ERR\nERR\n" && stranger.deviations == [.statusText, .nul])
        #expect(read("ERR\nLogin fast\n", to: "LIST\n", in: talkative).text == "ERR\nLogin fast\n")
        #expect(read("OK\nLogin first\n", to: "SEND\na\nb\n.\n", in: talkative).text == "OK\nLogin first\n")
    }

    @Test func `an answer to QUIT is taken away`() {
        let reading = read("OK\nBye bye\n", to: "LOGIN\na\nb\nQUIT\n", in: dialect())
        #expect(reading.text == "OK\n")
        #expect(reading.deviations == [.quitText])
    }

    @Test func `a clause about exact bytes is adapted, every other passes`() {
        let recorder = Recorder()
        recorder.begin(ClauseID("LIST-1", .must), line: 1)
        recorder.note(Deviation(.greeting, "Hi"))
        recorder.begin(ClauseID("FRAME-3", .must), line: 2)
        recorder.note(Deviation(.greeting, "Hi"))
        #expect(recorder.outcomes.map(\.verdict) == [.pass, .adapted])
        #expect(recorder.deviations == [Deviation(.greeting, "Hi")])
    }

    @Test func `an adapted transcript is neither passed nor failed, and its deviation is listed once`() throws {
        let catalogue = try Catalogue(parsing: "FRAME-3 MUST sheet\nrule: r\nsheet: s\n")
        let outcome = ClauseOutcome(clause: ClauseID("FRAME-3", .must), line: 4, verdict: .adapted, checks: 1)
        var result = TranscriptResult(path: "a", title: "t", segmentation: .flight, outcomes: [outcome])
        result.deviations = [Deviation(.greeting, "Hi⏎")]
        let tally = Tally([result, result], catalogue: catalogue, foreign: true)
        #expect((tally[.pass], tally[.fail], tally[.adapted]) == (0, 0, 2))
        #expect(tally.deviations.count == 1 && tally.adapted(.must) == 1 && tally.passed(.must) == 0)
        let start = RunStart(server: "s", foreign: true, transcripts: 1, segmentations: [.flight])
        let run = RunRecord(start: start, results: [result, result])
        #expect(run.isGood)
        let text = ConsoleReport(catalogue: catalogue).render(run)
        #expect(text.split(separator: "\n").count { $0 == "ADAPTED  text at connect: Hi⏎" } == 1)
        #expect(
            JSONReport().render(run).contains(
                "\"deviations\":[{\"kind\":\"greeting\",\"shown\":\"Hi⏎\"}]"))
    }

    @Test func `a text's line that looks like the final dot and ends otherwise is text`() {
        let commands = "READ\n1\n"
        let header = "OK\nalice\nbob\ns\n"
        let plain = read(header + ".\r\n.\0\n.\n", to: commands, in: dialect())
        #expect(plain.text == header + ".\r\n.\0\n.\n")
        #expect(plain.deviations.isEmpty)
        let carriage = dialect {
            $0[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line\n.\r\n")
        }
        #expect(read(header + "x\n.\r\n", to: commands, in: carriage).text == header + "x\n.\n")
        let bare = dialect {
            $0[.read] = bytes("OK\nalice\nbob\nQuilt: zebra, jam\nOdd first line\n\nOdd last line\n.")
        }
        #expect(read(header + "x\n.", to: commands, in: bare).text == header + "x\n.\n")
        // One that ends its dots now so, now so: nothing else comes.
        #expect(read(header + "x\n.\r\n", to: commands, in: dialect()).text == header + "x\n.\n")
    }
}
