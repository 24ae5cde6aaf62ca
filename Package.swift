// swift-tools-version:6.2
import PackageDescription

/// Set by scripts/deep/fuzz: libFuzzer's program is built from what is a test target otherwise.
let fuzzing = Context.environment["TWMAILER_FUZZ"] != nil
/// Set by scripts/deep/check-deep: no sanitizer works in a static program, so the server is linked dynamically.
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
    "EventLog", "Gatekeeper", "MailClient", "MailCore", "Posix", "Spool", "Transcript", "World", logging, system,
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
        // Shared: the protocol as values, the one place with system calls, and what every program needs.
        .target(name: "MailCore", path: "Sources/Shared/MailCore", swiftSettings: strict),
        .target(name: "CPosix", path: "Sources/Shared/CPosix"),
        .target(
            name: "Posix", dependencies: ["CPosix", system], path: "Sources/Shared/Posix", swiftSettings: strict),
        .target(name: "Options", path: "Sources/Shared/Options", swiftSettings: strict),
        .target(
            name: "EventLog", dependencies: ["Posix", logging], path: "Sources/Shared/EventLog", swiftSettings: strict),

        // The server. It forks, so nothing of LDAP, TLS or Foundation may be linked into it:
        // fully static it forks almost as fast as C (docs/decisions/0001-static-server.md).
        .target(
            name: "Spool", dependencies: ["MailCore", "Posix", system], path: "Sources/Server/Spool",
            swiftSettings: strict),
        .target(
            name: "MailServer", dependencies: ["EventLog", "MailCore", "Posix", "Spool", logging, system],
            path: "Sources/Server/MailServer", swiftSettings: strict),
        .executableTarget(
            name: "twmailer-server",
            dependencies: ["EventLog", "MailServer", "Options", "Posix", "Spool", logging, system],
            path: "Sources/Server/twmailer-server", swiftSettings: strict,
            linkerSettings: sanitized || fuzzing ? [] : [.unsafeFlags(["-static-executable"])]),

        // The gatekeeper: login attempts, bans, the directory.
        .systemLibrary(name: "CLDAP", path: "Sources/Server/CLDAP", providers: [.apt(["libldap2-dev"])]),
        .target(
            name: "LDAPBind", dependencies: ["CLDAP"], path: "Sources/Server/LDAPBind", swiftSettings: strict),
        .target(
            name: "Gatekeeper", dependencies: ["EventLog", "LDAPBind", "MailCore", "Posix", logging, system],
            path: "Sources/Server/Gatekeeper", swiftSettings: strict),
        .executableTarget(
            name: "twmailer-gatekeeper", dependencies: ["EventLog", "Gatekeeper", "Options", "Posix", logging],
            path: "Sources/Server/twmailer-gatekeeper", swiftSettings: strict),

        // The client.
        .target(
            name: "MailClient", dependencies: ["MailCore", "Posix", system], path: "Sources/Client/MailClient",
            swiftSettings: strict),
        .executableTarget(
            name: "twmailer-client", dependencies: ["MailClient", "Options", "Posix"],
            path: "Sources/Client/twmailer-client", swiftSettings: strict),

        // The conformance suite (docs/SUITE.md). It shares no protocol code with the server: our own
        // misreadings must not cancel out.
        .target(name: "Bytes", path: "Sources/Suite/Bytes", swiftSettings: strict),
        .target(name: "Transcript", path: "Sources/Suite/Transcript", swiftSettings: strict),
        .target(
            name: "Dialects", dependencies: ["Bytes"], path: "Sources/Suite/Dialects", swiftSettings: strict),
        .target(
            name: "Results", dependencies: ["Bytes", "Dialects", "Transcript"], path: "Sources/Suite/Results",
            swiftSettings: strict),
        .target(
            name: "Reports", dependencies: ["Bytes", "Dialects", "Results", "Transcript"],
            path: "Sources/Suite/Reports", resources: [.embedInCode("Resources/report.css")], swiftSettings: strict),
        .target(name: "CWorld", path: "Sources/Suite/CWorld"),
        // The interposer is C for somebody else's process: carried as bytes, compiled where it is used.
        .target(
            name: "World", dependencies: ["Bytes", "CWorld", "Posix", system], path: "Sources/Suite/World",
            resources: [.embedInCode("Resources/testworld.c"), .embedInCode("Resources/crashes.c")],
            swiftSettings: strict),
        .target(
            name: "Workshop", dependencies: ["Posix", "World", system], path: "Sources/Suite/Workshop",
            swiftSettings: strict),
        .target(
            name: "Engine", dependencies: ["Bytes", "Dialects", "Posix", "Results", "Transcript", "World", system],
            path: "Sources/Suite/Engine", swiftSettings: strict),
        .executableTarget(
            name: "twmailer-conformance",
            dependencies: [
                "Bytes", "Dialects", "Engine", "Options", "Posix", "Reports", "Results", "Transcript", "Workshop",
                "World", arguments,
            ],
            path: "Sources/Suite/twmailer-conformance", swiftSettings: strict),

        // Measures the server beside a floor in C (scripts/deep/bench).
        .executableTarget(
            name: "twmailer-bench", dependencies: ["MailCore", "Options", "Posix", "World", system],
            path: "Benchmarks/twmailer-bench", swiftSettings: strict),

        // What a mail server does, in memory: random sessions are compared with it.
        .target(name: "SessionModel", dependencies: ["Posix"], path: "Tests/SessionModel", swiftSettings: strict),

        .testTarget(
            name: "UnitTests",
            dependencies: [
                "Bytes", "Dialects", "Engine", "EventLog", "Gatekeeper", "LDAPBind", "MailClient", "MailCore",
                "MailServer", "Options", "Posix", "Reports", "Results", "SessionModel", "Spool", "Transcript",
                "Workshop", "World",
            ],
            exclude: ["Suite/Corpus"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Bytes", "Dialects", "Engine", "Posix", "Reports", "Results", "SessionModel", "Transcript", "Workshop",
                "World", system,
            ],
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
