/// The header of a file: "format: 1", then "key: value" lines.

struct HeaderReader {
    static let keys = ["title", "needs", "users", "tags", "timeout", "limits", "foundation"]

    private var header = Header(title: "")
    private var seen: Set<String> = []

    mutating func take(_ line: [UInt8]) throws(Fault) {
        var cursor = Cursor(line)
        let key = String(decoding: cursor.take(while: isSmallLetter), as: UTF8.self)
        guard cursor.take(UInt8(ascii: ":")) else {
            throw Fault(column: 1, message: "the header is \"key: value\" lines; a blank line ends it")
        }
        let first = seen.isEmpty
        guard seen.insert(key).inserted else { throw Fault(column: 1, message: "\"\(key)\" was given before") }
        guard cursor.peek == UInt8(ascii: " ") else { throw cursor.fault("give \"\(key)\" a value, after a blank") }
        cursor.skipBlanks()
        if key == "format" {
            guard cursor.rest.elementsEqual(Array("1".utf8)) else { throw cursor.fault("this program reads format 1") }
            guard first else { throw Fault(column: 1, message: "\"format: 1\" is the first line") }
            return
        }
        guard !first else { throw Fault(column: 1, message: "begin with \"format: 1\"") }
        try take(key, cursor)
    }

    private mutating func take(_ key: String, _ value: Cursor) throws(Fault) {
        var value = value
        switch key {
        case "title": header.title = String(decoding: value.rest, as: UTF8.self)
        case "users": header.users = try value.list(wanted: "a user's name", isUser)
        case "tags": header.tags = try value.list(wanted: "a word") { !$0.isEmpty && !$0.contains(" ") }
        case "limits":
            header.limits = try value.list(wanted: "option=value") { $0.split(separator: "=").count == 2 }
        case "foundation":
            header.foundation = try value.clause("foundation: LIST-1")
            try value.end()
        case "timeout":
            header.timeout = try value.duration("a time")
            try value.end()
        case "needs":
            let wanted = "one of " + Need.allCases.map(\.rawValue).joined(separator: ", ")
            header.needs = try value.list(wanted: wanted) { Need(rawValue: $0) != nil }.compactMap(Need.init)
        default:
            let known = HeaderReader.keys.joined(separator: ", ")
            throw Fault(column: 1, message: "no such key \"\(key)\": there are \(known)")
        }
    }

    private func isUser(_ name: String) -> Bool {
        guard let first = name.utf8.first, isSmallLetter(first) || isDigit(first) else { return false }
        return name.utf8.allSatisfy { isSmallLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
    }

    func finished() throws(Fault) -> Header {
        guard seen.contains("format") else { throw Fault(column: 1, message: "begin with \"format: 1\"") }
        guard seen.contains("title") else {
            throw Fault(column: 1, message: "no title: say in one line what the file shows, \"title: …\"")
        }
        return header
    }
}

extension Cursor {
    /// "a, b, c", every entry once.
    fileprivate mutating func list(wanted: String, _ fits: (String) -> Bool) throws(Fault) -> [String] {
        var entries: [String] = []
        repeat {
            skipBlanks()
            let here = self
            let entry = String(decoding: take { $0 != UInt8(ascii: ",") }, as: UTF8.self)
            guard fits(entry) else { throw here.fault("\"\(entry)\": give \(wanted)") }
            guard !entries.contains(entry) else { throw here.fault("\"\(entry)\" stands here twice") }
            entries.append(entry)
        } while take(UInt8(ascii: ","))
        return entries
    }
}
