/// The values that a command line, the environment and the defaults give together.

package struct ParsedOptions: Sendable {
    struct Given: Sendable {
        let text: String
        /// How an error names it: "--listen", "-u", "TWMAILER_LISTEN", "<port>".
        let source: String
    }

    let spec: CommandLineSpec
    var given: [String: [Given]]

    /// Options and positionals are asked by their declared name; asking for another is a mistake of the program.
    private func entry(_ name: String) -> Given? {
        if let entries = given[name] { return entries.last }
        if let option = spec.options.first(where: { $0.name == name }) {
            return option.standard.map { Given(text: $0, source: "--\(name)") }
        }
        precondition(spec.positionals.contains { $0.name == name }, "no option \(name) was declared")
        return nil
    }

    private func required(_ name: String) throws(UsageError) -> Given {
        guard let entry = entry(name) else { throw UsageError("--\(name) is missing") }
        return entry
    }

    /// True when the flag was given, or its environment name says 1, true, yes or on.
    package func flag(_ name: String) -> Bool { entry(name) != nil }

    /// Whether it was given, by the command line or the environment; a default does not count.
    package func isGiven(_ name: String) -> Bool { given[name]?.isEmpty == false }

    /// The text, or nil when none was given and there is no default.
    package func text(_ name: String) -> String? { entry(name)?.text }

    /// The text; an error when none was given and there is no default.
    package func requiredText(_ name: String) throws(UsageError) -> String { try required(name).text }

    /// All texts of a repeated option or of the positional that takes the rest, in order.
    package func texts(_ name: String) -> [String] { given[name]?.map(\.text) ?? [] }

    /// A whole decimal number.
    package func int(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
        let entry = try required(name)
        let digits = entry.text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(entry.text), range.contains(number)
        else { throw refusal(of: entry, "a whole number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    /// A number with its unit: "500ms", "5s", "10min", "1h".
    package func duration(
        _ name: String, in range: ClosedRange<Duration> = .zero ... .seconds(365 * 86_400)
    ) throws(UsageError) -> Duration {
        let entry = try required(name)
        guard let duration = parseDuration(entry.text) else {
            throw refusal(of: entry, "a number with its unit (500ms, 5s, 10min, 1h)")
        }
        guard range.contains(duration) else {
            let (low, high) = (durationText(range.lowerBound), durationText(range.upperBound))
            throw refusal(of: entry, "a time from \(low) to \(high)")
        }
        return duration
    }

    /// A count of bytes: "4096", "64KiB", "10MiB", "1GiB"; nil when none was given and there is no default.
    package func byteCount(_ name: String) throws(UsageError) -> Int? {
        guard let entry = entry(name) else { return nil }
        guard let count = parseByteCount(entry.text) else {
            throw refusal(of: entry, "a number of bytes (4096, 64KiB, 10MiB, 1GiB)")
        }
        return count
    }

    /// One of the names of an enum.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(UsageError) -> Choice {
        let entry = try required(name)
        if let choice = Choice(rawValue: entry.text) { return choice }
        throw refusal(of: entry, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// An error about the value of `name`, for checks that the program makes itself.
    package func refusal(of name: String, allowed: String) -> UsageError {
        refusal(of: entry(name) ?? Given(text: "", source: "--\(name)"), allowed)
    }

    private func refusal(of entry: Given, _ allowed: String) -> UsageError {
        UsageError("\(entry.source): \(quoted(entry.text)) is not \(allowed)")
    }

    /// A flag in the environment.
    static func truth(of text: String, source: String) throws(UsageError) -> Bool {
        switch text {
        case "1", "true", "yes", "on": return true
        case "", "0", "false", "no", "off": return false
        default: throw UsageError("\(source): \(quoted(text)) is not one of 1, true, yes, on, 0, false, no, off")
        }
    }
}
