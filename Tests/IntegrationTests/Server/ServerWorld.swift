/// A reference server with its directory, for what no transcript can see; and a client in one line.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

/// Everything ends with `body`, or with the test process. `launcher`: shell commands before the server's own, such as
/// `umask 000; exec`. `inMemory`: for thousands of messages that ask nothing of the disk.
func withServer(
    _ options: [String] = [], launcher: String? = nil, frozen: Bool = false, inMemory: Bool = false,
    _ body: (ServerWorld) throws -> Void
) throws {
    let program = try programFolder()
    let checkout = try #require(Suite.checkout(above: program + "/"))
    let guardian = try WorldGuard.start()
    defer { guardian.close() }
    let fixture = Fixture(checkout: checkout)
    let directory = try LDAPDirectory.start(
        script: fixture.script, ldif: fixture.ldif, allowingAnonymousBind: false, world: guardian)
    defer { directory.end() }
    let stage = try Stage(world: guardian)
    defer { stage.end() }
    if inMemory {
        let memory = try makeTemporaryFolder("/dev/shm/tw")
        guardian.watch(folder: memory)
        try removeFolder(stage.spool)
        try #require(try Spawn("/bin/ln", ["-s", memory, stage.spool]).output().ending == .exited(0))
    }
    let world = ServerWorld(
        program: program, guardian: guardian, directory: directory, stage: stage, options: options, launcher: launcher,
        frozen: frozen)
    try world.start()
    defer { world.server?.kill() }
    try body(world)
}

final class ServerWorld {
    let program: String
    let directory: LDAPDirectory
    let stage: Stage
    private let guardian: WorldGuard
    private var options: [String]
    private var launcher: String?
    private let frozen: Bool
    private(set) var server: ServerProcess!

    init(
        program: String, guardian: WorldGuard, directory: LDAPDirectory, stage: Stage, options: [String],
        launcher: String?, frozen: Bool
    ) {
        (self.program, self.guardian, self.directory) = (program, guardian, directory)
        (self.stage, self.options, self.launcher, self.frozen) = (stage, options, launcher, frozen)
    }

    func start() throws {
        // Real time where it is processes that a test looks at.
        stage.clock.setFrozen(frozen)
        var path = program + "/twmailer-server"
        if let launcher {
            let script = "#!/bin/sh\n\(launcher) \(path) \"$@\"\n"
            path = stage.folder + "/log/launcher"
            try replaceFile(at: path, with: Array(script.utf8).span)
            try #require(try Spawn("/bin/chmod", ["755", path]).output().ending == .exited(0))
        }
        self.server = try ServerProcess.start(
            .reference(path), on: stage, directory: directory, limits: options, world: guardian)
    }

    /// Ends the server and starts it again with other options.
    func restart(_ options: [String], launcher: String? = nil) throws {
        server.kill()
        (self.options, self.launcher) = (options, launcher)
        try start()
    }

    func talk(from source: String = "127.0.0.1") throws -> Talk { try Talk(port: server.port, source: source) }

    /// The one child of the supervisor that is the gatekeeper, if it runs.
    func gatekeeper() -> ProcessID? { gatekeepers().first }

    /// None but at a restart, and never two.
    func gatekeepers() -> [ProcessID] {
        server.tree.members
            .filter { $0.parent == server.leader.number && commandLine($0.pid).contains("/twmailer-gatekeeper") }
            .map(\.pid)
    }

    /// The sessions: children of the supervisor that run its own program.
    func sessions() -> [ProcessID] {
        server.tree.members
            .filter { $0.parent == server.leader.number && !commandLine($0.pid).contains("/twmailer-gatekeeper") }
            .map(\.pid)
    }

    func workers() -> [ProcessID] {
        guard let gatekeeper = gatekeeper() else { return [] }
        return server.tree.members.filter { $0.parent == gatekeeper.number }.map(\.pid)
    }

    /// A connection that says one LOGIN and leaves; what it hears.
    func login(_ user: String, _ password: String, from source: String) throws -> String {
        let talk = try talk(from: source)
        try talk.say("LOGIN\n\(user)\n\(password)\nQUIT\n")
        return String(decoding: try talk.hear(bytes: 64), as: UTF8.self)
    }

    /// Pairs of user and address with attempts under way or failed; an attempt is written down as it comes in.
    func charged() throws -> Int {
        let records = try readFile(stage.spool + "/.gate/charges").split(separator: UInt8(ascii: "\n"))
        return records.dropFirst().count { record in record.contains { $0 != UInt8(ascii: " ") } }
    }

    /// The lines of the log with this event, once there is one.
    func logged(_ event: String, _ parts: String...) throws -> [String] {
        var lines: [String] = []
        try eventually("the log tells of \(event) \(parts)") {
            lines = stage.lastLogLines(100_000).filter { line in
                line.contains(" ev=\(event) ") && parts.allSatisfy { line.contains($0) }
            }
            return !lines.isEmpty
        }
        return lines
    }

    private func commandLine(_ pid: ProcessID) -> String {
        String(decoding: (try? readFile("/proc/\(pid)/cmdline")) ?? [], as: UTF8.self)
    }

    func eventually(_ what: Comment, _ condition: () throws -> Bool) throws {
        try IntegrationTests.eventually(what, condition)
    }
}

/// Asks until the answer is yes; a minute of real time is a generous upper limit, not a measurement.
func eventually(_ what: Comment, _ condition: () throws -> Bool) throws {
    let deadline = Clock.system.now() + .seconds(60)
    while try !condition() {
        try #require(Clock.system.now() < deadline, what)
        var none: [PollEntry] = []
        _ = try Clock.system.poll(&none, until: Clock.system.now() + .milliseconds(2))
    }
}

/// One connection, used in turns: say, then hear.
final class Talk {
    let socket: OwnedDescriptor
    let port: UInt16

    init(port: UInt16, source: String) throws {
        self.port = port
        socket = try Sockets.connect(
            TCPAddress("127.0.0.1", port: port)!, from: TCPAddress(source, port: 0), nonblocking: false)
        try Sockets.sendAtOnce(socket.number)
    }

    func say(_ text: String) throws { try say(Array(text.utf8)) }
    func say(_ bytes: [UInt8]) throws { try writeAll(socket.number, bytes.span) }
    func finish() { Sockets.finishWriting(socket.number) }

    /// The next `count` bytes; fewer at the end of the input.
    func hear(bytes count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var heard = 0
        while heard < count {
            try #require(
                try Clock.system.wait(for: .readable, on: socket.number, until: Clock.system.now() + .seconds(60)))
            let got = try read(socket.number, into: &buffer, at: heard..<count)
            if got == 0 { break }
            heard += got
        }
        return Array(buffer[..<heard])
    }

    /// True when exactly `text` comes next.
    func hears(_ text: String) throws -> Bool { try hear(bytes: text.utf8.count) == Array(text.utf8) }

    func isAtEnd() throws -> Bool { try hear(bytes: 1).isEmpty }

    func login(_ user: String) throws {
        try say("LOGIN\n\(user)\n\(user)-secret\n")
        try #require(try hears("OK\n"))
    }
}
