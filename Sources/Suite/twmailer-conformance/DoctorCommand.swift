/// `doctor`: what this machine lacks, and for what; how fast a server takes in clients.

import ArgumentParser
import Engine
import Posix
import Transcript
import World

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Reports what this machine lacks, and which --slow a server needs.",
        discussion: """
            Exit status: 0 the suite can run · 5 the server did not build or start · 6 this machine lacks something that \
            the suite needs · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @OptionGroup var target: TargetOptions
    @Argument(help: "The folder of the server to measure; without one, the reference server.") var folder: String?

    func validate() throws {
        try target.validate(folder: folder)
        if target.attach != nil { throw ValidationError("doctor cannot measure an attached server") }
    }

    func run() throws {
        try Preparation.during(SuitePlace(suiteOptions)) { preparation in
            let findings = Machine.examine(preparation.world)
            for finding in findings { print(finding.line) }
            if findings.contains(where: { $0.isNeeded && $0.obstacle != nil }) {
                throw ExitCode(Exit.machineLacks.rawValue)
            }
            let options = PlayOptions(
                server: try preparation.server(target, folder: folder), cancel: preparation.cancel)
            let rate = try preparation.leasing { try AcceptRate.measure(options, clients: 20, with: $0) }
            let time = Int(rate.duration / .milliseconds(1))
            print("\(options.server.name): \(rate.answered) of \(rate.clients) clients answered after \(time) ms")
            print(rate.slow > 1 ? "  play it with --slow \(rate.slow)" : "  it needs no --slow")
        }
    }
}

enum Machine {
    struct Finding {
        let name: String
        let purpose: String
        /// Without it the suite plays nothing.
        let isNeeded: Bool
        /// nil: it is there.
        let obstacle: String?

        var line: String {
            guard let obstacle else { return "ok       \(name): \(purpose)" }
            return "\(isNeeded ? "MISSING" : "missing")  \(name): \(purpose). \(obstacle)"
        }
    }

    static func examine(_ world: WorldGuard) -> [Finding] {
        func program(_ name: String, _ package: String, needed: Bool, _ purpose: String) -> Finding {
            let isThere = Machine.has(name)
            return Finding(
                name: name, purpose: purpose, isNeeded: needed,
                obstacle: isThere ? nil : "apt-get install \(package)")
        }
        return [
            program("slapd", "slapd", needed: true, "the directory"),
            program("openssl", "openssl", needed: true, "the directory's certificate"),
            program(
                "cc", "gcc libc6-dev", needed: false, "the preload library: without it only the reference can be tested"
            ),
            program("make", "make", needed: false, "servers given as a folder with a Makefile"),
            program("g++", "g++", needed: false, "servers in C++ given as a folder"),
            program("cmake", "cmake", needed: false, "servers given as a folder with a CMakeLists.txt"),
            Finding(
                name: "preload", purpose: "moving another server's clock, and redirecting it to the suite's directory",
                isNeeded: false, obstacle: world.interposer.obstacle(in: world)),
            Finding(
                name: "bwrap", purpose: "--sandbox bwrap, for programs that nobody has reviewed", isNeeded: false,
                obstacle: Sandbox.obstacle),
        ]
    }

    private static func has(_ name: String) -> Bool {
        let folders = (processEnvironment()["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/openldap", "/usr/libexec"])
            .contains { isRunnable("\($0)/\(name)") }
    }
}
