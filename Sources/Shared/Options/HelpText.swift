/// The text of `--help`, aligned and wrapped.

extension CommandLineSpec {
    static let helpColumns = 100
    private static let widestName = 30

    /// "twmailer-server [options] <port> <spool>"
    package var usageLine: String { ([program, "[options]"] + positionals.map(\.placeholder)).joined(separator: " ") }

    /// Ends with a line feed; no line is longer than 100 columns unless one word is.
    package var helpText: String {
        var text = "Usage: \(usageLine)\n\n" + wrapped(summary, indent: 0)
        if !positionals.isEmpty {
            text += "\nArguments:\n" + table(positionals.map { ($0.placeholder, $0.help) })
        }
        var sections: [String] = []
        for option in options where !sections.contains(option.section) { sections.append(option.section) }
        for section in sections {
            text += "\n\(section):\n" + table(options.filter { $0.section == section }.map { (label($0), help($0)) })
        }
        if let environmentPrefix, let example = options.first(where: { $0.value != nil }) {
            let sentence =
                "Environment variables \(environmentPrefix)… set the same options, for example "
                + "--\(example.name) as \(environmentName(of: example)!); the command line takes precedence."
            text += "\n" + wrapped(sentence, indent: 0)
        }
        if !notes.isEmpty {
            text += "\n" + notes.split(separator: "\n", omittingEmptySubsequences: false).map(note).joined()
        }
        return text
    }

    private func note(_ line: Substring) -> String {
        line.isEmpty ? "\n" : line.hasPrefix(" ") ? line + "\n" : wrapped(String(line), indent: 0)
    }

    private func label(_ option: Option) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return short + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
    }

    private func help(_ option: Option) -> String {
        option.help + (option.repeats ? " May be repeated." : "") + (option.standard.map { " (default: \($0))" } ?? "")
    }

    private func table(_ rows: [(name: String, help: String)]) -> String {
        let width = min(Self.widestName, rows.map(\.name.count).max() ?? 0)
        return rows.map { row in
            let indent = width + 4
            let help = wrapped(row.help, indent: indent).dropFirst(indent)
            if row.name.count > width { return "  \(row.name)\n" + String(repeating: " ", count: indent) + help }
            return "  \(row.name)" + String(repeating: " ", count: width - row.name.count + 2) + help
        }.joined()
    }

    private func wrapped(_ text: String, indent: Int) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > Self.helpColumns {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
        }
        lines.append(line)
        return lines.map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
    }
}
