// swift-tools-version:6.2
import PackageDescription

/// Set by scripts/fuzz: libFuzzer's program is built from what is a test target otherwise.
let fuzzing = Context.environment["TWMAILER_FUZZ"] != nil
/// Set by scripts/check-deep: no sanitizer works in a static program, so the server is linked dynamically.
let sanitized = Context.environment["TWMAILER_SANITIZED"] != nil

/// What every Swift target is held to: explicit existentials, imports that stay
/// inside a target unless it says otherwise, unsafe code marked, no warnings.
let strict: [SwiftSetting] =
    (fuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : []) + (sanitized ? [.define("SANITIZED")] : []) + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let fuzzed: [Target.Dependency] = [
    "EventLog", "Gatekeeper", "MailClient", "MailCore", "Posix", "Spool", "Transcript", logging, system,
]

let package = Package(
    name: "twmailer-pro",
    products: [
        .executable(name: "twmailer-server", targets: ["twmailer-server"]),
        .executable(name: "twmailer-gatekeeper", targets: ["twmailer-gatekeeper"]),
        .executable(name: "twmailer-client", targets: ["twmailer-client"]),
        .executable(name: "twmailer-conformance", targets: ["twmailer-conformance"]),
    ],
    // Exact, so that every checkout builds the same programs (docs/decisions/0007-exact-versions.md).
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        // Shared ground: the one place with system calls, and what every program needs.
        .target(name: "CPosix"),
        .target(name: "Posix", dependencies: ["CPosix", system], swiftSettings: strict),
        .target(name: "Options", swiftSettings: strict),
        .target(name: "EventLog", dependencies: ["Posix", logging], swiftSettings: strict),

        // The protocol as values; imports nothing.
        .target(name: "MailCore", swiftSettings: strict),

        // The server. It forks, so nothing of LDAP, TLS or Foundation may be linked into it:
        // fully static it forks almost as fast as C (docs/decisions/0001-static-server.md).
        .target(name: "Spool", dependencies: ["MailCore", "Posix", system], swiftSettings: strict),
        .target(
            name: "MailServer", dependencies: ["EventLog", "MailCore", "Posix", "Spool", logging, system],
            swiftSettings: strict),
        .executableTarget(
            name: "twmailer-server",
            dependencies: ["EventLog", "MailServer", "Options", "Posix", "Spool", logging, system],
            swiftSettings: strict,
            linkerSettings: sanitized || fuzzing ? [] : [.unsafeFlags(["-static-executable"])]),

        // The gatekeeper: login attempts, bans, the directory.
        .systemLibrary(name: "CLDAP", providers: [.apt(["libldap2-dev"])]),
        .target(name: "LDAPBind", dependencies: ["CLDAP"], swiftSettings: strict),
        .target(
            name: "Gatekeeper", dependencies: ["EventLog", "LDAPBind", "MailCore", "Posix", logging, system],
            swiftSettings: strict),
        .executableTarget(
            name: "twmailer-gatekeeper", dependencies: ["EventLog", "Gatekeeper", "Options", "Posix", logging],
            swiftSettings: strict),

        // The client.
        .target(name: "MailClient", dependencies: ["MailCore", "Posix", system], swiftSettings: strict),
        .executableTarget(
            name: "twmailer-client", dependencies: ["MailClient", "Options", "Posix"], swiftSettings: strict),

        // The conformance suite. It shares no protocol code with the server: our own
        // misreadings must not cancel out.
        .target(name: "Transcript", swiftSettings: strict),
        // The interposer is C for somebody else's process: carried as bytes, compiled where it is used.
        .target(
            name: "TestWorld", dependencies: ["Posix", system], resources: [.embedInCode("Resources/testworld.c")],
            swiftSettings: strict),
        .target(
            name: "Conformance", dependencies: ["Posix", "TestWorld", "Transcript", system], swiftSettings: strict),
        .executableTarget(
            name: "twmailer-conformance",
            dependencies: ["Conformance", "Options", "Posix", "TestWorld", "Transcript", arguments],
            swiftSettings: strict),

        // Measures the server beside a floor in C (scripts/bench).
        .executableTarget(
            name: "twmailer-bench", dependencies: ["MailCore", "Options", "Posix", "TestWorld", system],
            path: "Benchmarks/twmailer-bench", swiftSettings: strict),

        // What a mail server does, in memory: random sessions are compared with it.
        .target(name: "SessionModel", dependencies: ["Posix"], path: "Tests/SessionModel", swiftSettings: strict),

        .testTarget(
            name: "UnitTests",
            dependencies: [
                "Conformance", "EventLog", "Gatekeeper", "LDAPBind", "MailClient", "MailCore", "MailServer", "Options",
                "Posix", "SessionModel", "Spool", "TestWorld", "Transcript",
            ],
            exclude: ["Corpus"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["Conformance", "Posix", "SessionModel", "TestWorld", "Transcript", system],
            exclude: ["Peers"]),
        fuzzing
            ? .executableTarget(
                name: "twmailer-fuzz", dependencies: fuzzed, path: "Tests/Fuzz",
                exclude: ["Corpus", "CorpusTests.swift", "ShortTextTests.swift"],
                swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
            : .testTarget(
                name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "Fuzzer.swift"],
                swiftSettings: strict),
    ]
)
