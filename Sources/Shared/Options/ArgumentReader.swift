/// Sorts the words of a command line into options and positional arguments.

struct ArgumentReader {
    let spec: CommandLineSpec
    var left: ArraySlice<String>
    var given: [String: [ParsedOptions.Given]] = [:]
    var positionals: [String] = []

    mutating func readAll() throws(UsageError) {
        while let word = left.popFirst() {
            if word == "--" {
                positionals += left
                left = []
            } else if word.hasPrefix("--") {
                try readLong(word)
            } else if word.hasPrefix("-"), word != "-" {
                try readShort(word)
            } else {
                positionals.append(word)
            }
        }
    }

    private mutating func readLong(_ word: String) throws(UsageError) {
        let body = word.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = String(body[..<(equals ?? body.endIndex)])
        guard let option = spec.options.first(where: { $0.name == name }) else {
            let known = spec.options.map(\.name)
            let hint = nearest(to: name, among: known).map { "did you mean --\($0)?" } ?? "--help lists the options"
            throw UsageError("--\(name): no such option; \(hint)")
        }
        let attached = equals.map { String(body[body.index(after: $0)...]) }
        if option.value == nil, let attached {
            throw UsageError("--\(name) takes no value, but got \(quoted(attached))")
        }
        try keep(option, attached, as: "--\(name)")
    }

    private mutating func readShort(_ word: String) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = spec.options.first(where: { $0.short == letter }) else {
                throw UsageError("-\(letter): no such option; --help lists the options")
            }
            let attached = option.value == nil || letters.isEmpty ? nil : String(letters)
            if attached != nil { letters = "" }
            try keep(option, attached, as: "-\(letter)")
        }
    }

    private mutating func keep(_ option: Option, _ attached: String?, as source: String) throws(UsageError) {
        var text = attached ?? ""
        if let value = option.value, attached == nil {
            // A following option is a forgotten value; `--name=--text` still says it.
            guard let next = left.first, !(next.hasPrefix("--")) else {
                throw UsageError("\(source) needs a value: \(source) \(value)")
            }
            text = next
            left.removeFirst()
        }
        let entry = ParsedOptions.Given(text: text, source: source)
        given[option.name] = option.repeats ? given[option.name, default: []] + [entry] : [entry]
    }
}
