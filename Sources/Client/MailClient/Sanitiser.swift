/// Shows what others wrote without obeying it: no byte of it can steer a terminal.

/// LF, TAB and printable characters pass. Other C0 controls, DEL and bytes that are no UTF-8 become `\x1b`,
/// C1 controls, line separators and the controls of writing direction become `\u{202e}`.
package struct Sanitiser: Sendable {
    package enum Style: Sendable {
        case terminal
        /// The inside of a JSON string (RFC 8259 §7); bytes that are no UTF-8 become U+FFFD.
        case json
    }

    private let style: Style
    /// The front of a UTF-8 sequence, at most 3 bytes.
    private var pending: [UInt8] = []

    package init(_ style: Style = .terminal) { self.style = style }

    /// Appends the visible form of `bytes`; a sequence that is cut off at the end waits for the next piece.
    package mutating func show(_ bytes: some Sequence<UInt8>, into output: inout [UInt8]) {
        for byte in bytes {
            if !pending.isEmpty {
                if continues(byte) {
                    pending.append(byte)
                    if pending.count == length(pending[0]) { completeSequence(&output) }
                    continue
                }
                finish(into: &output)
            }
            switch byte {
            case ..<0x80: showASCII(byte, &output)
            case 0xc2...0xf4: pending = [byte]
            default: showInvalid(byte, &output)
            }
        }
    }

    /// Shows the bytes of a sequence that will not be completed.
    package mutating func finish(into output: inout [UInt8]) {
        for byte in pending { showInvalid(byte, &output) }
        pending = []
    }

    package static func shown(_ bytes: some Sequence<UInt8>, _ style: Style = .terminal) -> [UInt8] {
        var sanitiser = Sanitiser(style)
        var output: [UInt8] = []
        sanitiser.show(bytes, into: &output)
        sanitiser.finish(into: &output)
        return output
    }

    // The Unicode Standard, table 3-7.
    private func length(_ lead: UInt8) -> Int { lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4 }

    private func continues(_ byte: UInt8) -> Bool {
        guard pending.count == 1 else { return (0x80...0xbf).contains(byte) }
        return switch pending[0] {
        case 0xe0: (0xa0...0xbf).contains(byte)
        case 0xed: (0x80...0x9f).contains(byte)
        case 0xf0: (0x90...0xbf).contains(byte)
        case 0xf4: (0x80...0x8f).contains(byte)
        default: (0x80...0xbf).contains(byte)
        }
    }

    private mutating func completeSequence(_ output: inout [UInt8]) {
        let lead = UInt32(pending[0]) & (0xff >> UInt32(pending.count + 1))
        let scalar = pending.dropFirst().reduce(lead) { $0 << 6 | UInt32($1 & 0x3f) }
        if Sanitiser.steers(scalar) {
            switch style {
            case .terminal: output += "\\u{\(String(scalar, radix: 16))}".utf8
            case .json: showUnit(scalar, &output)
            }
        } else {
            output += pending
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// C1 controls, line and paragraph separator, and the bidi controls (UAX #9 §2).
    private static func steers(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    private func showASCII(_ byte: UInt8, _ output: inout [UInt8]) {
        switch (byte, style) {
        case (UInt8(ascii: "\n"), .json): output += "\\n".utf8
        case (UInt8(ascii: "\t"), .json): output += "\\t".utf8
        case (UInt8(ascii: "\""), .json), (UInt8(ascii: "\\"), .json): output += [UInt8(ascii: "\\"), byte]
        case (UInt8(ascii: "\n"), .terminal), (UInt8(ascii: "\t"), .terminal), (0x20..<0x7f, _): output.append(byte)
        case (_, .json): showUnit(UInt32(byte), &output)
        case (_, .terminal): showInvalid(byte, &output)
        }
    }

    private func showInvalid(_ byte: UInt8, _ output: inout [UInt8]) {
        switch style {
        case .terminal: output += "\\x".utf8 + hexadecimal(UInt32(byte), digits: 2)
        case .json: output += "\\ufffd".utf8
        }
    }

    private func showUnit(_ unit: UInt32, _ output: inout [UInt8]) {
        output += "\\u".utf8 + hexadecimal(unit, digits: 4)
    }

    private func hexadecimal(_ number: UInt32, digits: Int) -> [UInt8] {
        let text = Array(String(number, radix: 16).utf8)
        return Array(repeating: UInt8(ascii: "0"), count: digits - text.count) + text
    }
}

/// What a server sent, for an error's one line: in quotes, line feeds visible, at most 60 bytes.
func excerpt(of bytes: some Collection<UInt8>) -> String {
    let shown = String(decoding: Sanitiser.shown(bytes.prefix(60)), as: UTF8.self)
    let line = shown.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    return "\"\(line)\"" + (bytes.count > 60 ? "…" : "")
}
