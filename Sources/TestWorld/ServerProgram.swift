/// Which server is under test, and how it is started.

package enum ServerProgram: Sendable, Equatable {
    /// The project's own server: the path of its executable.
    case reference(String)
    /// Somebody else's: a command for `sh -c` in which `{port}` and `{spool}` are replaced.
    case foreign(command: String)

    package var isReference: Bool { if case .reference = self { true } else { false } }

    package var name: String {
        switch self {
        case .reference: "the reference server"
        case .foreign(let command): command
        }
    }
}

extension String {
    func replacing(_ hole: String, with value: String) -> String {
        var (result, rest) = ("", self[...])
        while let range = rest.range(of: hole) {
            result += rest[..<range.lowerBound] + value
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
