/// A program's command line as a value, and the reading of arguments against it.

package struct CommandLineSpec: Sendable {
    package let program: String
    package let version: String
    package let summary: String
    package let positionals: [Positional]
    package let options: [Option]
    /// "TWMAILER_": the option `ldap-url` may also come from `TWMAILER_LDAP_URL`. nil: no environment.
    package let environmentPrefix: String?
    /// Further paragraphs at the end of the help; lines that start with a blank are kept as they are.
    package let notes: String

    package init(
        program: String, version: String, summary: String, positionals: [Positional] = [], options: [Option],
        environmentPrefix: String? = nil, notes: String = ""
    ) {
        self.program = program
        self.version = version
        self.summary = summary
        self.positionals = positionals
        self.options =
            options + [
                Option(flag: "help", short: "h", "Show this help and exit."),
                Option(flag: "version", "Show the version and exit."),
            ]
        self.environmentPrefix = environmentPrefix
        self.notes = notes
        let names = self.options.map(\.name) + positionals.map(\.name)
        precondition(Set(names).count == names.count, "two options of one name")
    }

    package enum Outcome: Sendable {
        case run(ParsedOptions)
        /// `--help` or `--version`: print this and exit 0.
        case show(String)
    }

    /// Reads `arguments` (without the program's name): `--name value`, `--name=value`, `-n value`, `-nvalue`, flags
    /// in one word (`-ab`); after `--` everything is positional, and so is a lone `-`. The command line wins over
    /// the environment, the environment over the default. Unknown environment names are ignored.
    package func parse(_ arguments: [String], environment: [String: String] = [:]) throws(UsageError) -> Outcome {
        var reader = ArgumentReader(spec: self, left: arguments[...])
        try reader.readAll()
        if reader.given["help"] != nil { return .show(helpText) }
        if reader.given["version"] != nil { return .show("\(program) \(version)\n") }
        var parsed = ParsedOptions(spec: self, given: reader.given)
        try assign(reader.positionals, to: &parsed)
        for option in options where parsed.given[option.name] == nil {
            guard let name = environmentName(of: option), let text = environment[name] else { continue }
            if option.value == nil, try !ParsedOptions.truth(of: text, source: name) { continue }
            parsed.given[option.name] = [ParsedOptions.Given(text: text, source: name)]
        }
        return .run(parsed)
    }

    /// - Parameter arguments: nil for one that is no text (UTF-8).
    package func parse(_ arguments: [String?], environment: [String: String] = [:]) throws(UsageError) -> Outcome {
        if let place = arguments.firstIndex(of: nil) { throw UsageError("argument \(place + 1) is not UTF-8") }
        return try parse(arguments.compactMap(\.self), environment: environment)
    }

    func environmentName(of option: Option) -> String? {
        guard let environmentPrefix, option.name != "help", option.name != "version" else { return nil }
        return environmentPrefix + String(option.name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    private func assign(_ words: [String], to parsed: inout ParsedOptions) throws(UsageError) {
        var left = words[...]
        for positional in positionals {
            let source = "<\(positional.name)>"
            switch positional.count {
            case .one:
                guard let word = left.popFirst() else {
                    throw UsageError("\(source) is missing; usage: \(usageLine)")
                }
                parsed.given[positional.name] = [.init(text: word, source: source)]
            case .optional:
                if let word = left.popFirst() { parsed.given[positional.name] = [.init(text: word, source: source)] }
            case .rest:
                parsed.given[positional.name] = left.map { .init(text: $0, source: source) }
                left = []
            }
        }
        if let word = left.first {
            throw UsageError("unexpected argument \(quoted(word)); usage: \(usageLine)")
        }
    }
}
