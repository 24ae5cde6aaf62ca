/// What a program says about its options and positional arguments.

package struct Option: Sendable {
    /// The long name without dashes: "idle-timeout".
    package let name: String
    package let short: Character?
    /// What stands for the value in the help ("ADDRESS"); nil is a flag without a value.
    package let value: String?
    package let help: String
    /// The text used when neither the command line nor the environment gives one. It is read like any other.
    package let standard: String?
    /// May be given several times, all of them kept; otherwise the last one wins.
    package let repeats: Bool
    /// The heading under which the help shows it.
    package let section: String

    /// An option with a value.
    package init(
        _ name: String, short: Character? = nil, value: String, _ help: String, standard: String? = nil,
        repeats: Bool = false, section: String = "Options"
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.standard = standard
        self.repeats = repeats
        self.section = section
    }

    /// A flag.
    package init(flag name: String, short: Character? = nil, _ help: String, section: String = "Options") {
        self.name = name
        self.short = short
        self.value = nil
        self.help = help
        self.standard = nil
        self.repeats = false
        self.section = section
    }
}

package struct Positional: Sendable {
    package enum Count: Sendable {
        case one, optional
        /// None or more; only as the last positional.
        case rest
    }

    package let name: String
    package let help: String
    package let count: Count

    package init(_ name: String, _ help: String, _ count: Count = .one) {
        self.name = name
        self.help = help
        self.count = count
    }

    /// As it stands in the usage line.
    var placeholder: String {
        switch count {
        case .one: "<\(name)>"
        case .optional: "[\(name)]"
        case .rest: "[\(name)…]"
        }
    }
}

/// A mistake on the command line or in the environment: one line that names the option, what was given and
/// what is allowed. The program prints it and exits with 64 (EX_USAGE, sysexits.h).
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
