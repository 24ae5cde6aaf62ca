/// Texts, events, generators and world steps in the form the parser reads.

extension Text {
    /// As the rest of a C or S line.
    func line() -> [UInt8] {
        var printed = content { byte, isFirst in isFirst && byte == UInt8(ascii: "<") ? Array("\\<".utf8) : nil }
        if endsLine, printed.last == UInt8(ascii: " ") { printed = printed.dropLast() + Array("\\s".utf8) }
        if printed == Array("...".utf8) { printed = Array("\\x2e..".utf8) }
        return endsLine ? printed : printed + Array("\\-".utf8)
    }

    /// As an argument: quoted where it needs be.
    func argument() -> [UInt8] {
        let plain = content { byte, _ in byte == UInt8(ascii: "\"") ? Array("\\x22".utf8) : nil }
        var cursor = Cursor(plain)
        let looksLikeOption = cursor.key() != nil
        let looksLikeClient = plain.first == UInt8(ascii: "C")
        let needsQuotes = plain.isEmpty || plain.contains(UInt8(ascii: " ")) || looksLikeOption || looksLikeClient
        return needsQuotes ? quoted() : plain
    }

    func quoted() -> [UInt8] {
        let mark = [UInt8(ascii: "\"")]
        return mark + content { byte, _ in byte == UInt8(ascii: "\"") ? Array("\\x22".utf8) : nil } + mark
    }

    /// `special` may give a byte another spelling; it hears whether it is the text's first.
    private func content(_ special: (UInt8, Bool) -> [UInt8]?) -> [UInt8] {
        var printed: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .literal(let bytes):
                let isText = String(validating: bytes, as: UTF8.self) != nil
                for byte in bytes {
                    printed += special(byte, printed.isEmpty) ?? spelled(byte, keepsHigh: isText)
                }
            case .hole(let name): printed += Array("{\(name)}".utf8)
            case .capture(let name, let kind): printed += Array("{\(name):\(kind.printed())}".utf8)
            case .boundary: printed += Array("\\|".utf8)
            }
        }
        return printed
    }
}

private func spelled(_ byte: UInt8, keepsHigh: Bool) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\\"): Array("\\\\".utf8)
    case UInt8(ascii: "{"): Array("\\{".utf8)
    case 0x0a: Array("\\n".utf8)
    case 0x0d: Array("\\r".utf8)
    case 0x09: Array("\\t".utf8)
    case 0: Array("\\0".utf8)
    case 0x01..<0x20, 0x7f: Array("\\x\(hex(byte))".utf8)
    case 0x80...: keepsHigh ? [byte] : Array("\\x\(hex(byte))".utf8)
    default: [byte]
    }
}

extension CaptureKind {
    fileprivate func printed() -> String {
        switch self {
        case .int: "int"
        case .word: "word"
        case .line: "line"
        case .pattern(let pattern): "/\(pattern)/"
        }
    }
}

extension Sent {
    package func printed() -> [UInt8] {
        switch self {
        case .text(let text): text.line()
        case .connect(nil): Array("<connect>".utf8)
        case .connect(let from?): Array("<connect from=".utf8) + from.argument() + Array(">".utf8)
        case .halfClose: Array("<half-close>".utf8)
        case .close: Array("<close>".utf8)
        case .reset: Array("<reset>".utf8)
        case .stopReading: Array("<stop reading>".utf8)
        case .readAgain: Array("<read again>".utf8)
        case .pause(let time): Array("<pause \(time.written())>".utf8)
        }
    }
}

extension Expected {
    func printed() -> [UInt8] {
        switch self {
        case .text(let text): text.line()
        case .anything: Array("...".utf8)
        case .eof: Array("<eof>".utf8)
        case .reset: Array("<reset>".utf8)
        case .closed: Array("<closed>".utf8)
        case .nothing: Array("<nothing>".utf8)
        case .silence(let time): Array("<silence \(time.written())>".utf8)
        }
    }
}

extension Generator {
    func printed() -> [UInt8] {
        switch self {
        case .lines(let bytes, let width, let seed):
            Array("lines(bytes=\(written(size: bytes)), width=\(width), seed=\(seed))".utf8)
        case .bytes(let count, let seed): Array("bytes(count=\(written(size: count)), seed=\(seed))".utf8)
        case .repeated(let text, let count): Array("repeat(".utf8) + text.quoted() + Array(", count=\(count))".utf8)
        case .file(let path):
            Array("file(".utf8) + Text(pieces: [.literal(Array(path.utf8))]).quoted() + Array(")".utf8)
        case .text(let text): text.quoted()
        }
    }
}

extension WorldAction {
    package func printed() -> String {
        switch self {
        case .advance(let time): "advance \(time.written())"
        case .later(let time): "later \(time.written())"
        case .wall(let time): "wall \(time.written(signed: true))"
        case .boot: "boot"
        case .clock(let frozen): "clock \(frozen ? "frozen" : "flowing")"
        case .server(let action): "server \(action.rawValue)"
        case .killSession(let client): "session \(client) kill"
        case .directory(let action): "directory \(action.rawValue)"
        case .binds(let count): "binds \(count)"
        case .bindsAnew: "binds anew"
        case .zombies(let count): "zombies \(count)"
        case .outsideUnchanged: "outside unchanged"
        case .measure(let quantity, let comparison, let measure):
            "measure \(quantity.rawValue) \(comparison.rawValue) \(measure.printed())"
        }
    }
}

extension Measure {
    package func printed() -> String {
        switch self {
        case .bytes(let bytes): written(size: bytes)
        case .time(let time): time.written()
        case .bytesPerSecond(let bytes): "\(written(size: bytes))/s"
        }
    }
}
