@testable import MailClient
import MailCore
import Testing

@Suite struct MailClientRequestTests {
    func loneDot(in pieces: [[UInt8]]) -> (line: Int?, endsInDot: Bool) {
        var scanner = TextScanner()
        for piece in pieces where scanner.scan(piece, piece.indices) != nil { return (scanner.line, false) }
        return (nil, scanner.state == .dot)
    }

    // T22
    @Test(arguments: [
        ("hi\n.\nDEL\n1\n", 2), (".\n", 1), ("a\n\n\n.\n", 4), ("..\n. \n.\r\n .\n.x\n", nil), ("a.\nb.\n", nil),
        ("", nil),
    ]) func `a lone dot is found with its line wherever the text is cut`(text: String, line: Int?) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(loneDot(in: [Array(bytes[..<cut]), Array(bytes[cut...])]).line == line)
        }
        #expect(loneDot(in: bytes.map { [$0] }).line == line)
    }

    @Test func `a text that ends in a dot of its own line is seen to`() {
        #expect(loneDot(in: [Array("hi\n".utf8), Array(".".utf8)]).endsInDot)
        #expect(!loneDot(in: [Array("hi\n..".utf8)]).endsInDot)
    }

    @Test func `a held dot is given back when it turns out to be text`() {
        var scanner = TextScanner()
        #expect(scanner.take(Array("a\n.".utf8), 0..<3) == .init(heldDot: false, text: 0..<2, end: nil))
        #expect(scanner.take([0x2e, 0x0a], 0..<2) == .init(heldDot: true, text: 0..<2, end: nil))
        #expect(scanner.take([0x2e], 0..<1) == .init(heldDot: false, text: 0..<0, end: nil))
        #expect(scanner.take(Array("x\n.\nQ".utf8), 0..<5) == .init(heldDot: true, text: 0..<2, end: 4))
        scanner = TextScanner()
        #expect(scanner.take([0x2e], 0..<1) == .init(heldDot: false, text: 0..<0, end: nil))
        #expect(scanner.take([0x0a, 0x51], 0..<2) == .init(heldDot: false, text: 0..<0, end: 1))
    }

    @Test func `commands are lines, and a shown LOGIN has stars for its password`() {
        let (user, password) = (Username(Array("alice".utf8))!, Password(Array("secret".utf8))!)
        let login = Request.login(user, password)
        #expect(login.bytes == Array("LOGIN\nalice\nsecret\n".utf8))
        #expect(login.lines(masked: true).last == Array("********".utf8))
        #expect(Request.send(to: user, Subject(Array("hi".utf8))!).bytes == Array("SEND\nalice\nhi\n".utf8))
        #expect(Request.list.bytes == Array("LIST\n".utf8))
        #expect(Request.read(MessageNumber("7".utf8)!).bytes == Array("READ\n7\n".utf8))
        #expect(Request.delete(MessageNumber("7".utf8)!).bytes == Array("DEL\n7\n".utf8))
        #expect(Request.quit.bytes == Array("QUIT\n".utf8))
    }

    @Test func `numbers are deleted from the highest down and once each`() throws {
        let numbers = try InteractiveSession.numbers(["2", "10", "2", "1"].map { Array($0.utf8) })
        #expect(numbers.map(\.value) == [10, 2, 1])
    }

    @Test(arguments: ["0", "-1", "01", "abc", ""]) func `what is no message number is refused here`(word: String) {
        #expect(throws: ClientFailure.self) { try InteractiveSession.numbers([Array(word.utf8)]) }
    }
}
