import Testing

@testable import Options

private enum Format: String, CaseIterable { case text, json }

@Suite struct OptionsTests {
    let spec = CommandLineSpec(
        program: "demo", version: "1.2", summary: "Shows what a command line can be.",
        positionals: [Positional("port", "A port."), Positional("words", "More.", .rest)],
        options: [
            Option("listen", value: "ADDRESS", "Where to listen.", standard: "::"),
            Option("user", short: "u", value: "USER", "Who."),
            Option("to", value: "USER", "A receiver.", repeats: true),
            Option("idle-timeout", value: "TIME", "How long.", standard: "10min"),
            Option("log-format", value: "FORMAT", "text or json.", standard: "text"),
            Option("max-message-size", value: "BYTES", "The largest message."),
            Option(flag: "json", short: "j", "Machines read it."),
            Option(flag: "quiet", short: "q", "Less."),
        ], environmentPrefix: "DEMO_", notes: "Exit status:\n  0   done")

    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ParsedOptions {
        switch try spec.parse(arguments, environment: environment) {
        case .run(let options): return options
        case .show(let text): throw UsageError("showed \(text)")
        }
    }

    func message(_ arguments: [String], environment: [String: String] = [:]) -> String? {
        do {
            let options = try run(arguments, environment: environment)
            _ = try options.int("port", in: 0...65535)
            _ = try options.duration("idle-timeout", in: .seconds(1) ... .seconds(3600))
            _ = try options.choice("log-format", Format.self)
            _ = try options.byteCount("max-message-size")
            return nil
        } catch { return "\(error)" }
    }

    @Test func `a value may follow its option or stand behind an equals sign`() throws {
        #expect(try run(["1", "--listen", "127.0.0.1"]).text("listen") == "127.0.0.1")
        #expect(try run(["1", "--listen=a=b"]).text("listen") == "a=b")
        #expect(try run(["1", "--listen="]).text("listen") == "")
        #expect(try run(["1", "-u", "bob"]).text("user") == "bob")
        #expect(try run(["1", "-jqubob"]).text("user") == "bob")
    }

    @Test func `what is not given is the standard text, or nothing`() throws {
        let options = try run(["1"])
        #expect(options.text("listen") == "::")
        #expect(options.text("user") == nil)
        #expect(!options.flag("json"))
        #expect(!options.isGiven("listen"))
        #expect(try options.duration("idle-timeout") == .seconds(600))
    }

    @Test func `a repeated option keeps all its values and any other its last`() throws {
        let options = try run(["1", "--to", "a", "--to=b", "-u", "x", "-u", "y"])
        #expect(options.texts("to") == ["a", "b"])
        #expect(options.text("user") == "y")
    }

    @Test func `after two dashes, and as a lone dash, a word is an argument`() throws {
        #expect(try run(["1", "-", "--", "--json", "-q"]).texts("words") == ["-", "--json", "-q"])
    }

    @Test func `the command line wins over the environment and the environment over the standard`() throws {
        let environment = ["DEMO_LISTEN": "env", "DEMO_JSON": "yes", "DEMO_QUIET": "0", "DEMO_NONSENSE": "x"]
        let options = try run(["1"], environment: environment)
        #expect(options.text("listen") == "env")
        #expect(options.flag("json"))
        #expect(!options.flag("quiet"))
        #expect(try run(["1", "--listen", "line"], environment: environment).text("listen") == "line")
    }

    @Test(arguments: [
        (["x"], #"<port>: "x" is not a whole number from 0 to 65535"#),
        (["65536"], #"<port>: "65536" is not a whole number from 0 to 65535"#),
        (["+1"], #"<port>: "+1" is not a whole number from 0 to 65535"#),
        ([], "<port> is missing; usage: demo [options] <port> [words…]"),
        (["1", "--lsiten", "x"], "--lsiten: no such option; did you mean --listen?"),
        (["1", "--idle"], "--idle: no such option; did you mean --idle-timeout?"),
        (["1", "--zzzzzz"], "--zzzzzz: no such option; --help lists the options"),
        (["1", "-z"], "-z: no such option; --help lists the options"),
        (["1", "--listen"], "--listen needs a value: --listen ADDRESS"),
        (["1", "--listen", "--json"], "--listen needs a value: --listen ADDRESS"),
        (["1", "--json=1"], #"--json takes no value, but got "1""#),
        (["1", "--idle-timeout", "10"], #"--idle-timeout: "10" is not a number with its unit (500ms, 5s, 10min, 1h)"#),
        (["1", "--idle-timeout", "2h"], #"--idle-timeout: "2h" is not a time from 1s to 1h"#),
        (["1", "--log-format", "xml"], #"--log-format: "xml" is not one of text, json"#),
        (
            ["1", "--max-message-size", "9TiB"],
            #"--max-message-size: "9TiB" is not a number of bytes (4096, 64KiB, 10MiB, 1GiB)"#
        ),
        (["1", "--log-format", "a\u{1b}[2J\nb"], #"--log-format: "a\u{1B}[2J\nb" is not one of text, json"#),
    ]) func `a mistake is one line that names the option, the value and what is allowed`(
        arguments: [String], expected: String
    ) { #expect(message(arguments) == expected) }

    @Test func `a mistake in the environment names the variable`() {
        #expect(
            message(["1"], environment: ["DEMO_IDLE_TIMEOUT": "soon"])
                == #"DEMO_IDLE_TIMEOUT: "soon" is not a number with its unit (500ms, 5s, 10min, 1h)"#)
        #expect(
            message(["1"], environment: ["DEMO_JSON": "maybe"])
                == #"DEMO_JSON: "maybe" is not one of 1, true, yes, on, 0, false, no, off"#)
    }

    @Test func `one argument too many is named`() throws {
        let none = CommandLineSpec(program: "p", version: "1", summary: "", options: [])
        #expect(throws: UsageError(#"unexpected argument "x"; usage: p [options]"#)) { try none.parse(["x"]) }
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("10min", .seconds(600)), ("1h", .seconds(3600)),
        ("0s", .zero),
    ]) func `a duration is a number and a unit`(text: String, duration: Duration) {
        #expect(parseDuration(text) == duration)
        #expect(durationText(duration) == text)
    }

    @Test(arguments: ["", "s", "5", "5m", "-5s", "5 s", "5.5s", "1234567890s", "٣s"])
    func `anything else is no duration`(text: String) { #expect(parseDuration(text) == nil) }

    @Test func `byte counts know binary units and refuse what does not fit`() {
        #expect(parseByteCount("10MiB") == 10_485_760)
        #expect(parseByteCount("4096") == 4096)
        #expect(parseByteCount("99999999999GiB") == nil)
        #expect(parseByteCount("1 KiB") == nil)
    }

    @Test func `help and version are asked for even where arguments are missing`() throws {
        guard case .show(let version) = try spec.parse(["--version"]) else { return #expect(Bool(false)) }
        #expect(version == "demo 1.2\n")
        guard case .show(let help) = try spec.parse(["-h"]) else { return #expect(Bool(false)) }
        #expect(help.contains("Usage: demo [options] <port> [words…]\n"))
        #expect(help.contains("  -u, --user USER               Who.\n"))
        #expect(help.contains("      --listen ADDRESS          Where to listen. (default: ::)\n"))
        #expect(help.contains("--listen as DEMO_LISTEN;"))
        #expect(help.hasSuffix("Exit status:\n  0   done\n"))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
}
