import MailClient
import Testing

@Suite struct MailClientSanitiserTests {
    // T24: what terminals obey, and how each must look.
    static let golden: [(String, [UInt8], String)] = [
        ("plain text, TAB and LF", Array("a\tb\n~".utf8), "a\tb\n~"),
        ("umlauts, emoji and combining marks", Array("Grüße 😀 e\u{301}".utf8), "Grüße 😀 e\u{301}"),
        ("CSI", Array("\u{1b}[2J\u{1b}[31m".utf8), #"\x1b[2J\x1b[31m"#),
        ("OSC 52", Array("\u{1b}]52;c;cm0gLXJm\u{7}".utf8), #"\x1b]52;c;cm0gLXJm\x07"#),
        ("OSC 8", Array("\u{1b}]8;;http://x\u{1b}\\y".utf8), #"\x1b]8;;http://x\x1b\y"#),
        ("DCS", Array("\u{1b}P$q\"p\u{1b}\\".utf8), #"\x1bP$q"p\x1b\"#),
        ("BEL, BS, FF, VT, NUL, DEL", [7, 8, 12, 11, 0, 127], #"\x07\x08\x0c\x0b\x00\x7f"#),
        ("a line overwritten after CR", Array("evil\rgood".utf8), #"evil\x0dgood"#),
        (
            "right-to-left override", Array("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e".utf8),
            #"a\u{202e}b\u{2066}c\u{200f}d\u{61c}e"#
        ),
        ("C1 as UTF-8", Array("\u{9b}2J\u{85}".utf8), #"\u{9b}2J\u{85}"#),
        ("C1 as a raw byte", [0x9b, 0x32, 0x4a], #"\x9b2J"#),
        ("line separators", Array("a\u{2028}b\u{2029}".utf8), #"a\u{2028}b\u{2029}"#),
        ("an overlong slash", [0xc0, 0xaf], #"\xc0\xaf"#),
        ("an overlong escape in three bytes", [0xe0, 0x80, 0x9b], #"\xe0\x80\x9b"#),
        ("a surrogate", [0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
        ("beyond Unicode", [0xf4, 0x90, 0x80, 0x80, 0xff], #"\xf4\x90\x80\x80\xff"#),
        ("a sequence broken by an escape", [0xe2, 0x80, 0x1b, 0x5b], #"\xe2\x80\x1b["#),
        ("a sequence cut off by the end", [0x61, 0xf0, 0x9f, 0x98], #"a\xf0\x9f\x98"#),
    ]

    @Test(arguments: golden.indices) func `what steers a terminal is shown and everything else passes`(index: Int) {
        let (name, bytes, expected) = Self.golden[index]
        #expect(String(decoding: Sanitiser.shown(bytes), as: UTF8.self) == expected, "\(name)")
    }

    @Test(arguments: golden.indices) func `any cut of the same bytes shows the same`(index: Int) {
        let bytes = Self.golden[index].1
        for cut in 0...bytes.count {
            for second in cut...bytes.count {
                var sanitiser = Sanitiser()
                var output: [UInt8] = []
                sanitiser.show(bytes[..<cut], into: &output)
                sanitiser.show(bytes[cut..<second], into: &output)
                sanitiser.show(bytes[second...], into: &output)
                sanitiser.finish(into: &output)
                #expect(output == Sanitiser.shown(bytes))
            }
        }
    }

    @Test func `no byte and no pair of bytes leaves a control behind`() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                let output = Sanitiser.shown([first, second, 0x80])
                #expect(output.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x0a || $0 == 0x09 })
                let text = String(validating: output, as: UTF8.self)
                #expect(text?.unicodeScalars.allSatisfy { !(0x80...0x9f).contains($0.value) } == true)
            }
        }
    }

    @Test func `in JSON quotes and controls are escaped and bytes that are no text are replaced`() {
        let bytes = Array("\"\\ \n\t\u{1b}\u{7f}\u{202e}ü".utf8) + [0xff]
        #expect(
            String(decoding: Sanitiser.shown(bytes, .json), as: UTF8.self)
                == #"\"\\ \n\t\u001b\u007f\u202eü\ufffd"#)
    }
}
