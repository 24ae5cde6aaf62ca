/// The client's side: a reply reads the same however it is cut and loses no byte; nothing shown steers a terminal.

import MailClient

/// The first byte chooses the kind of reply, the second a cut, the rest comes from the server.
func replyFault(_ input: [UInt8]) -> String? {
    guard input.count >= 2 else { return nil }
    let kind = [ReplyReader.Kind.status, .list, .message][Int(input[0]) % 3]
    let stream = Array(input.dropFirst(2))
    var cuts = Cuts(seed: input[1])
    let whole = reading(kind, stream) { .max }
    for (name, other) in [
        ("cut by seed \(input[1])", reading(kind, stream) { cuts.next() }),
        ("single bytes", reading(kind, stream) { 1 }),
    ] where other != whole { return "\(name): \(other) instead of \(whole)" }
    // Everything that was understood, put together again, is what was sent.
    if !stream.starts(with: whole.understood) { return "\(whole) of \(stream.shown)" }
    return whole.isOver && whole.understood.count != whole.taken ? "\(whole.taken) bytes taken for \(whole)" : nil
}

private struct Reading: Equatable {
    var understood: [UInt8] = []
    var isOver = false
    var taken = 0
    var failed = false
}

private func reading(_ kind: ReplyReader.Kind, _ stream: [UInt8], cut: () -> Int) -> Reading {
    var (reader, reading, position) = (ReplyReader(kind), Reading(), 0)
    var text: [UInt8]?
    while position < stream.count, !reading.isOver {
        let piece = Array(stream[position...].prefix(cut()))
        var range = piece.indices
        do {
            while !reading.isOver, let event = try reader.next(piece, &range) {
                switch event {
                case .accepted:
                    reading.understood += "OK\n".utf8
                    reading.isOver = kind == .status
                case .refused:
                    reading.understood += "ERR\n".utf8
                    reading.isOver = true
                case .count(let count):
                    // A count may have zeros in front.
                    reading.understood += stream.prefix { $0 == 0x30 }.dropLast(count == 0 ? 1 : 0)
                    reading.understood += "\(count)\n".utf8
                case .subject(let line), .header(_, let line): reading.understood += line + [0x0a]
                case .body(let heldDot, let body): text = (text ?? []) + (heldDot ? [0x2e] : []) + piece[body]
                case .end: reading.isOver = true
                }
            }
        } catch {
            (reading.failed, reading.taken) = (true, 0)
            return reading
        }
        position += piece.count
        reading.taken = position - range.count
    }
    if let text { reading.understood += text + (reading.isOver ? Array(".\n".utf8) : []) }
    // A dot at the very end may be the last one: nobody knows yet.
    if !reading.isOver { reading.taken = 0 }
    return reading
}

func sanitiserFault(_ input: [UInt8]) -> String? {
    for style in [Sanitiser.Style.terminal, .json] {
        let whole = Sanitiser.shown(input, style)
        var (sanitiser, output, cuts) = (Sanitiser(style), [UInt8](), Cuts(seed: input.first ?? 0))
        var rest = input[...]
        while !rest.isEmpty {
            let length = cuts.next()
            sanitiser.show(rest.prefix(length), into: &output)
            rest = rest.dropFirst(length)
        }
        sanitiser.finish(into: &output)
        if output != whole { return "\(style): a cut shows \(output.shown)" }
        guard let text = String(validating: whole, as: UTF8.self) else { return "\(style): no UTF-8: \(whole.shown)" }
        for scalar in text.unicodeScalars {
            let isLine = style == .terminal && (scalar == "\n" || scalar == "\t")
            let steers = [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            if steers && !isLine || scalar.properties.isBidiControl {
                return "\(style): shows \(scalar.escaped(asASCII: true))"
            }
        }
        if style == .json, !isInsideOfJSONString(whole) { return "no JSON: \(text)" }
    }
    return nil
}

/// RFC 8259 §7, as far as ASCII goes.
private func isInsideOfJSONString(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while let byte = rest.popFirst() {
        if byte == 0x22 || byte < 0x20 { return false }
        guard byte == 0x5c else { continue }
        guard let escape = rest.popFirst() else { return false }
        if "\"\\/bfnrt".utf8.contains(escape) { continue }
        let digits = rest.prefix(4).allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
        guard escape == 0x75, rest.count >= 4, digits else { return false }
        rest = rest.dropFirst(4)
    }
    return true
}
