/// Speeches: how commands are put on the wire, and which speech follows from what a probe heard.

import Dialects
import Testing

@testable import Dialects
@testable import Engine

struct SpeechTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// The writes that become of commands, in one speech; each of `pieces` comes in a flight of its own.
    private func writes(_ pieces: String..., in speech: Speech, _ change: (inout Dialect) -> Void = { _ in })
        -> [String]
    {
        var dialect = Dialect()
        dialect.speech = speech
        change(&dialect)
        var encoder = CommandEncoder<String>(dialect)
        var writes = [""]
        for part in pieces.flatMap({ encoder.encode([.bytes(bytes($0))]) }) {
            switch part {
            case .bytes(let bytes): writes[writes.count - 1] += String(decoding: bytes, as: UTF8.self)
            case .bulk(let text, _): writes[writes.count - 1] += text
            case .cut: writes.append("")
            }
        }
        return writes.filter { !$0.isEmpty }
    }

    private let session = "LOGIN\na\nb\nLIST\nSEND\nc\ns\nLIST\n.\n"

    @Test func `a stream is left alone`() { #expect(writes(session, in: .flight) == [session]) }

    @Test func `cuts fall behind lines, verbs or bytes, wherever the flights end`() {
        #expect(writes("LOGIN\na", "\nb\nLIST\n", in: .line) == ["LOGIN\n", "a\n", "b\n", "LIST\n"])
        #expect(
            writes(session, in: .verb) == ["LOGIN\n", "a\nb\n", "LIST\n", "SEND\n", "c\ns\nLIST\n.\n"])
        #expect(writes("LIST\nQ", in: .byte) == ["L", "I", "S", "T", "\n", "Q"])
    }

    @Test func `a command is framed once it is whole, and a text's line is no command`() {
        #expect(writes(session, in: .dot) == ["LOGIN\na\nb\n.\nLIST\n.\nSEND\nc\ns\nLIST\n.\n"])
        #expect(writes(session, in: .nul) == ["LOGIN\na\nb\n\0LIST\n\0SEND\nc\ns\nLIST\n.\n\0"])
        #expect(writes("LOGIN\na", "\nb\nLIST\n", in: .length) == ["\0\0\0\u{0A}LOGIN\na\nb\n\0\0\0\u{05}LIST\n"])
        #expect(writes("FROB\n", in: .lengthLittle) == ["\u{05}\0\0\0FROB\n"])
        #expect(writes("LOGIN\na", "\nb\n", in: .lengthLine) == ["10\nLOGIN\na\nb\n"])
    }

    @Test func `a long text counts in its command's length and is not held`() {
        var dialect = Dialect()
        dialect.speech = .lengthLine
        var encoder = CommandEncoder<String>(dialect)
        let parts = encoder.encode([
            .bytes(bytes("SEND\nc\ns\n")), .bulk("text", count: 70_000), .bytes(bytes("\n.\n")),
        ])
        guard case .bytes(let first)? = parts.first else {
            Issue.record("no prefix")
            return
        }
        #expect(String(decoding: first, as: UTF8.self) == "70012\nSEND\nc\ns\n")
        #expect(parts.count == 3)
    }

    @Test func `a mailbox's name follows the verbs that want it`() {
        let named = writes("LOGIN\nbob\nx\nLIST\nREAD\n1\nSEND\na\nLIST\n.\n.\n", in: .flight) {
            $0.namesMailbox = [.list, .read]
        }
        #expect(named == ["LOGIN\nbob\nx\nLIST\nbob\nREAD\nbob\n1\nSEND\na\nLIST\n.\n.\n"])
    }

    @Test func `one verb may want another cut than the rest`() {
        let mixed = writes("LIST\nSEND\na\nb\n.\nLIST\n", in: .flight) { $0.speechOf = [.send: .line] }
        #expect(mixed == ["LIST\nSEND\n", "a\n", "b\n", ".\n", "LIST\n"])
    }

    @Test func `replies are taken out of their frames, however they arrive`() {
        let framings: [(Dialect.ReplyFraming, String)] = [
            (.length(isBigEndian: true), "\0\0\0\u{03}OK\n\0\0\0\u{04}ERR\n"),
            (.length(isBigEndian: false), "\u{03}\0\0\0OK\n\u{04}\0\0\0ERR\n"), (.lengthLine, "3\nOK\n4\nERR\n"),
            (.nul, "OK\n\0ERR\n\0"), (.block(8), "OK\n\0????ERR\n\0???"),
        ]
        for (framing, wire) in framings {
            var decoder = ReplyDecoder(framing)
            let piecewise = bytes(wire).flatMap { decoder.decode([$0][...]) } + decoder.rest()
            #expect(String(decoding: piecewise, as: UTF8.self) == "OK\nERR\n", "\(framing)")
        }
        // What is no length passes as it came.
        #expect(Dialect.ReplyFraming.length(isBigEndian: true).decoded(bytes("ERR no\n")) == bytes("ERR no\n"))
        #expect(Dialect.ReplyFraming.lengthLine.decoded(bytes("no length\n")) == bytes("no length\n"))
    }

    // MARK: The ladder

    private func rung(_ speech: Speech, right: String, wrong: String, list: String = "0\n") -> ProbeRecord.Try {
        var rung = ProbeRecord.Try(speech, user: "carol")
        (rung.right, rung.wrong, rung.list) = (bytes(right), bytes(wrong), bytes(list))
        return rung
    }

    @Test func `a rung counts when right and wrong are told apart and LIST is answered`() {
        let counting = [
            ("OK\n", "ERR\n", "0\n"), ("Hello carol\n", "Go away\n", "none\n"), ("3\nOK\n", "4\nERR\n", "2\n0\n"),
            ("OK", "", "0\n"),
        ]
        for (right, wrong, list) in counting { #expect(rung(.flight, right: right, wrong: wrong, list: list).counts) }
        let others = [
            ("ERR\n", "ERR\n", ""), ("ERR\nERR\n", "ERR\nERR\nERR\n", "ERR\n"), ("OK\n", "ERR\n", ""),
            ("", "ERR\n", "0\n"), ("ERRERR", "ERRERRERR", "ERR"),
            ("17:01 no\n", "17:02 no\n", "x\n"), ("LOGIN\ncarol\nx\n", "LOGIN\ncarol\ny\n", "LIST\n"),
        ]
        for (right, wrong, list) in others { #expect(!rung(.flight, right: right, wrong: wrong, list: list).counts) }
    }

    @Test func `the first rung that counts is the speech, and the verb alone is less than a line each`() {
        var record = ProbeRecord()
        record.tries = [rung(.flight, right: "ERR\n", wrong: "ERR\n"), rung(.line, right: "OK\n", wrong: "ERR\n")]
        #expect(record.dialect.speech == .line && record.dialect.takes == [.line, .byte])
        record.tries.append(rung(.verb, right: "OK\n", wrong: "ERR\n"))
        #expect(record.dialect.speech == .verb && record.dialect.takes == [.line, .byte])
        record.cuts = [rung(.byte, right: "ERR\n", wrong: "", list: "ERR\n")]
        #expect(record.dialect.takes == [.line])
    }

    @Test func `a server that lets everybody in is understood, one that answers nothing is not`() {
        var record = ProbeRecord()
        record.tries = [rung(.flight, right: "OK\n", wrong: "OK\n")]
        #expect(record.dialect.speech == .flight && record.dialect.failedTries.isEmpty)
        record.tries = [rung(.flight, right: "", wrong: "", list: ""), rung(.dot, right: "what?\n", wrong: "what?\n")]
        #expect(record.chosen == nil && record.dialect.failedTries.count == 2)
        #expect(record.dialect.summary.contains { $0.contains("what?⏎") })
    }

    @Test func `the frames of replies are those that fit all of them`() {
        var record = ProbeRecord()
        record.tries = [rung(.length, right: "\0\0\0\u{03}OK\n", wrong: "\0\0\0\u{04}ERR\n", list: "\0\0\0\u{02}0\n")]
        #expect(record.dialect.replyFraming == .length(isBigEndian: true))
        record.tries = [rung(.length, right: "OK\n", wrong: "ERR\n")]
        #expect(record.dialect.replyFraming == .none)
        record.tries = [rung(.flight, right: "OK\n\0old text", wrong: "ERR\n\0ld text", list: "0\n\0R\n\0ld text")]
        #expect(record.dialect.replyFraming == .none)
        record.tries = [rung(.flight, right: "OK\n\0old text", wrong: "ERR\n\0ld text", list: "0\n\0\n\0ld text")]
        #expect(record.dialect.replyFraming == .block(12))
    }
}
