/// `let name = …`: generated payloads.

extension StepReader {
    func binding(_ cursor: inout Cursor) throws(Fault) -> Action {
        let name = try cursor.name("a name")
        cursor.skipBlanks()
        guard cursor.take(UInt8(ascii: "=")) else { throw cursor.fault("write let \(name) = …") }
        cursor.skipBlanks()
        return .bind(name: name, try generator(&cursor))
    }

    private func generator(_ cursor: inout Cursor) throws(Fault) -> Generator {
        if cursor.peek == UInt8(ascii: "\"") { return .text(try cursor.text(.argument)) }
        let start = cursor
        let kind = String(decoding: cursor.take(while: isSmallLetter), as: UTF8.self)
        guard ["lines", "bytes", "repeat", "file"].contains(kind), cursor.take(UInt8(ascii: "(")) else {
            throw start.fault(
                "a value is \"text\", lines(bytes=10MiB, width=72, seed=7), bytes(count=70KB, seed=1), "
                    + "repeat(\"text\", count=80) or file(\"name\")")
        }
        if kind == "file" || kind == "repeat" {
            guard cursor.peek == UInt8(ascii: "\"") else { throw cursor.fault("give a text in quotation marks") }
            let text = try cursor.text(.argument)
            if kind == "file" {
                guard case .literal(let path)? = text.pieces.first, text.pieces.count == 1 else {
                    throw start.fault("give the file's name, without holes")
                }
                guard cursor.take(UInt8(ascii: ")")) else { throw cursor.fault("close the parenthesis") }
                return .file(String(decoding: path, as: UTF8.self))
            }
            guard cursor.take(UInt8(ascii: ",")) else { throw cursor.fault("give the count: , count=80") }
            let settings = try settings(&cursor, allowed: ["count"])
            return .repeated(text, count: try settings.wanted("count", at: start))
        }
        if kind == "lines" {
            let settings = try settings(&cursor, allowed: ["bytes", "width", "seed"])
            let bytes = try settings.wanted("bytes", at: start)
            return .lines(bytes: bytes, width: settings["width"] ?? 72, seed: UInt64(settings["seed"] ?? 1))
        }
        let settings = try settings(&cursor, allowed: ["count", "seed"])
        return .bytes(count: try settings.wanted("count", at: start), seed: UInt64(settings["seed"] ?? 1))
    }

    /// "key=size, key=size)"
    private func settings(_ cursor: inout Cursor, allowed: [String]) throws(Fault) -> [String: Int] {
        var settings: [String: Int] = [:]
        repeat {
            cursor.skipBlanks()
            let here = cursor.fault("give " + allowed.map { $0 + "=…" }.joined(separator: ", ") + ", each once")
            guard let key = cursor.key(), allowed.contains(key), settings[key] == nil else { throw here }
            let number = cursor.fault("give \(key) as a number, such as 4096, 70KB, 10MiB")
            let digits = cursor.take { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ")") }
            let value = size(written: String(decoding: digits, as: UTF8.self))
            guard let value, value > 0 || key == "seed" else { throw number }
            settings[key] = value
        } while cursor.take(UInt8(ascii: ","))
        guard cursor.take(UInt8(ascii: ")")) else { throw cursor.fault("close the parenthesis") }
        return settings
    }
}

extension [String: Int] {
    fileprivate func wanted(_ key: String, at place: Cursor) throws(Fault) -> Int {
        guard let value = self[key] else { throw place.fault("\(key)= is missing") }
        return value
    }
}
