import MailCore
import Testing

@Suite struct ValueTests {
    @Test(arguments: ["a", "0", "alice", "if23b001", "a.b_c-d", "a" + String(repeating: "9", count: 31)])
    func `a user name is made of lower-case letters, digits and three signs`(name: String) {
        #expect(Username(Array(name.utf8))?.description == name)
    }

    @Test(arguments: [
        "", ".", "..", ".a", "-a", "_a", "Alice", "alice ", " alice", "alice\r", "alice\t", "../bob", "a/b", "a\0", "é",
        "*",
        "a,b", "a+b", "a=b", "a\u{a0}", "a" + String(repeating: "9", count: 32),
    ])
    func `any other spelling is no user name`(name: String) {
        #expect(Username(Array(name.utf8)) == nil)
    }

    @Test func `a password is used whole up to 128 bytes`() {
        #expect(Password([UInt8](repeating: 0x78, count: 128))?.bytes.count == 128)
        #expect(Password([UInt8](repeating: 0x78, count: 129)) == nil)
        #expect(Password(Array("a b\tc\u{1}".utf8)) != nil)
    }

    @Test(arguments: ["", " a", "a ", "\ta", "a\t", "a\0b"])
    func `an empty password, blanks at its ends and NUL are unacceptable`(password: String) {
        #expect(Password(Array(password.utf8)) == nil)
    }

    @Test func `a subject has at most 80 Unicode scalars`() {
        for character in ["x", "ü", "\u{1F600}", "e\u{301}"] {
            let scalars = character.unicodeScalars.count
            #expect(Subject(Array(String(repeating: character, count: 80 / scalars).utf8)) != nil)
            #expect(Subject(Array(String(repeating: character, count: 80 / scalars + 1).utf8)) == nil)
        }
        #expect(Subject([UInt8](repeating: 0xe4, count: 80)) != nil, "Latin-1: each byte is a character")
        #expect(Subject([UInt8](repeating: 0xe4, count: 81)) == nil)
        #expect(Subject([])?.bytes == [])
    }

    @Test func `a subject may hold a TAB and no other control byte`() {
        for byte in UInt8.min..<0x20 { #expect((Subject([0x61, byte]) != nil) == (byte == 9)) }
        #expect(Subject([0x7f]) == nil)
    }

    @Test(arguments: [("1", 1), ("42", 42), ("999999999999999999", 999_999_999_999_999_999)])
    func `a message number is plain decimal`(text: String, value: Int) {
        #expect(MessageNumber(Array(text.utf8))?.value == value)
    }

    @Test(arguments: [
        "", "0", "01", "+1", "-1", " 1", "1 ", "1\t", "1x", "x", "1/../2", "../bob/1", "１", "1\0",
        "99999999999999999999",
    ])
    func `any other spelling is no message number`(text: String) {
        #expect(MessageNumber(Array(text.utf8)) == nil)
    }

    private func address(_ groups: [UInt16]) -> ClientAddress {
        ClientAddress(groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] })!
    }

    @Test func `addresses are written as people write them`() {
        #expect(address([0, 0, 0, 0, 0, 0xffff, 0x7f00, 0x000c]).description == "127.0.0.12")
        #expect(address([0, 0, 0, 0, 0, 0, 0, 1]).description == "::1")
        #expect(address([0, 0, 0, 0, 0, 0, 0, 0]).description == "::")
        #expect(address([0x2001, 0xdb8, 0, 0, 1, 0, 0, 0]).description == "2001:db8:0:0:1::")
        #expect(address([1, 0, 2, 3, 4, 5, 6, 7]).description == "1:0:2:3:4:5:6:7")
    }

    @Test func `a ban covers an IPv6 network and a single IPv4 address`() {
        let six = address([0x2001, 0xdb8, 0xffff, 0xffff, 1, 2, 3, 4])
        #expect(six.banned(ipv6Prefix: 64) == address([0x2001, 0xdb8, 0xffff, 0xffff, 0, 0, 0, 0]))
        #expect(six.banned(ipv6Prefix: 33) == address([0x2001, 0xdb8, 0x8000, 0, 0, 0, 0, 0]))
        #expect(six.banned(ipv6Prefix: 128) == six)
        let four = address([0, 0, 0, 0, 0, 0xffff, 0x7f00, 0x000c])
        #expect(four.banned(ipv6Prefix: 64) == four)
    }

    @Test func `a login attempt survives its way to the gatekeeper`() throws {
        let here = address([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1])
        for (user, password) in [("alice", "secret"), ("alice", ""), ("", "secret"), ("", "")] {
            let sent = LoginAttempt(
                address: here, arrived: .nanoseconds(1_234_567_890_123), user: Username(Array(user.utf8)),
                password: Password(Array(password.utf8)))
            let message = sent.encoded()
            #expect(message.count <= LoginAttempt.maximumMessage)
            let got = try #require(LoginAttempt(decoding: message))
            #expect(
                got.address == here && got.arrived == sent.arrived && got.user == sent.user
                    && got.password?.bytes == sent.password?.bytes)
            for length in 0..<message.count { #expect(LoginAttempt(decoding: message[..<length]) == nil) }
            #expect(LoginAttempt(decoding: message + [0]) == nil)
        }
    }
}
