/// Small foreign programs for tests: compiled from Peers/, started with the interposer, and asked what they say.

import Engine
import Posix
import Results
import SystemPackage
import Testing
import Transcript
import World

/// Everything ends with `body`, or with the test process.
func withPrograms(_ body: (ForeignPrograms) throws -> Void) throws {
    let checkout = try #require(Suite.checkout(above: try programFolder() + "/"))
    let world = try WorldGuard.start()
    defer { world.close() }
    let programs = try ForeignPrograms(checkout: checkout, world: world)
    defer { programs.end() }
    try body(programs)
}

final class ForeignPrograms {
    private let checkout: String
    private let world: WorldGuard
    private let folder: String
    private var running: [Running] = []
    private var compiled = 0
    private(set) var lastSignsOfUse: Int64 = -1

    /// A program that has said "armed" and waits.
    final class Running {
        let stage: Stage
        let process: ProcessID
        private let output: OwnedDescriptor

        init(stage: Stage, process: ProcessID, output: consuming OwnedDescriptor) {
            (self.stage, self.process) = (stage, process)
            self.output = output
        }

        /// The next line; nil at the end of the output. A minute is a generous upper limit, not a measurement.
        func line(within patience: Duration = .seconds(60)) throws -> String? {
            var line: [UInt8] = []
            var byte: [UInt8] = [0]
            let deadline = Clock.system.now() + patience
            while line.last != UInt8(ascii: "\n") {
                let isReady = try Clock.system.wait(for: .readable, on: output.number, until: deadline)
                try #require(isReady, "nothing is said within \(patience)")
                if try read(output.number, into: &byte, at: 0..<1) == 0 { return nil }
                line += byte
            }
            return String(decoding: line.dropLast(), as: UTF8.self)
        }
    }

    init(checkout: String, world: WorldGuard) throws {
        (self.checkout, self.world) = (checkout, world)
        folder = try makeTemporaryFolder("/tmp/fp")
        world.watch(folder: folder)
    }

    func end() {
        for program in running {
            _ = try? program.process.sendToGroup(signal: 9)
            _ = try? program.process.wait()
            program.stage.end()
        }
        try? removeTree(folder)
    }

    func peer(_ name: String) -> String { "\(checkout)/Tests/IntegrationTests/Peers/\(name)" }

    func isInstalled(_ program: String) -> Bool {
        (processEnvironment()["PATH"] ?? "").split(separator: ":").contains { isRunnable("\($0)/\(program)") }
    }

    func compile(_ source: String, _ options: [String], by compiler: String = "cc") throws -> String {
        compiled += 1
        let program = "\(folder)/p\(compiled)"
        let output = try Spawn(compiler, ["-O2", "-w", "-o", program, peer(source)] + options).output()
        try #require(output.ending == .exited(0), "\(String(decoding: output.errors, as: UTF8.self))")
        return program
    }

    func compileJava(_ source: String) throws -> String {
        let output = try Spawn("javac", ["-d", folder, peer(source)]).output()
        try #require(output.ending == .exited(0), "\(String(decoding: output.errors, as: UTF8.self))")
        return folder
    }

    /// Returns when the program has said "armed" and all of it sleeps.
    func start(_ command: [String]) throws -> Running {
        let running = try launch(command, nil, [:])
        #expect(try running.line() == "armed")
        let deadline = Clock.system.now() + .seconds(30)
        while !Quiescence.holds(for: [running.process]) {
            try #require(Clock.system.now() < deadline, "\(command) does not come to rest")
            pauseBriefly(microseconds: 500)
        }
        return running
    }

    /// Returns when the program has said `word`.
    func start(_ command: [String], saying word: String) throws -> Running {
        let running = try launch(command, nil, [:])
        while let line = try running.line(), line != word {}
        return running
    }

    /// What the program says until it ends.
    func talk(
        _ command: [String], _ directory: LDAPDirectory, _ more: [String: String] = [:]
    ) throws -> [String] {
        let running = try launch(command, directory, more)
        var lines: [String] = []
        while let line = try running.line() { lines.append(line) }
        lastSignsOfUse = running.stage.clock.signsOfUse
        return lines
    }

    /// How the program ended, what it printed, and what is known of its crashes.
    func death(_ command: [String]) throws -> (ending: Ending, said: [String], crashes: [CrashRecord]) {
        let running = try launch(["sh", "-c", "exec \"$@\" 2>/dev/null", "sh"] + command, nil, [:])
        var lines: [String] = []
        while let line = try running.line() { lines.append(line) }
        return (try running.process.wait(), lines, running.stage.crashes.records(since: 0))
    }

    private func launch(
        _ command: [String], _ directory: LDAPDirectory?, _ more: [String: String]
    ) throws -> Running {
        let stage = try Stage(world: world, flowing: true)
        var spawn = Spawn(command[0], Array(command.dropFirst()))
        spawn.environment = try world.interposer.environment(
            clock: stage.clock, directory: directory, crashes: stage.crashes, world: world)
        spawn.environment?.merge(more) { $1 }
        spawn.environment?[world.mark.name] = world.mark.value
        spawn.ownGroup = true
        let pipe = try Pipe.make()
        spawn.descriptors = [1: pipe.writing.number]
        let process = try spawn.start()
        world.watch(group: process)
        running.append(Running(stage: stage, process: process, output: pipe.intoReading()))
        return running[running.count - 1]
    }

    /// Each command waits a minute: it is still there after 50 s, and through within a second of real time after 60.
    func expectMinute(_ commands: [(name: String, command: [String])]) throws {
        let programs = try commands.map { (name: $0.name, program: try start($0.command)) }
        for (_, program) in programs { program.stage.clock.advance(by: .seconds(50)) }
        // Every slice of theirs ends once in this time.
        var none: [PollEntry] = []
        _ = try Clock.system.poll(&none, until: Clock.system.now() + .milliseconds(2 * Clock.virtualSlice))
        for (name, program) in programs {
            #expect(try program.process.ended() == nil, "\(name)")
            program.stage.clock.advance(by: .seconds(10))
            let moved = Clock.system.now()
            let said = try #require(try program.line(), "\(name)").split(separator: " ").compactMap { Int($0) }
            try #require(said.count == 2, "\(name)")
            #expect(Clock.system.now() - moved < .seconds(1), "\(name)")
            #expect(said[0] == 0 && said[1] >= 60 && said[1] < 90, "\(name) says \(said)")
            #expect(program.stage.clock.signsOfUse > 0, "\(name)")
        }
    }

    func directory() throws -> LDAPDirectory {
        let fixture = Fixture(checkout: checkout)
        return try LDAPDirectory.start(
            script: fixture.script, ldif: fixture.ldif, allowingAnonymousBind: false, world: world)
    }

    /// Plays one transcript of the suite.
    func play(_ name: String, against server: ServerProgram) throws -> TranscriptResult {
        let folder = checkout + "/conformance"
        let suite = try Suite(folder: folder, paths: ["\(folder)/\(name)"])
        let lease = try Lease(fixture: Fixture(checkout: checkout), world: world)
        defer { lease.end() }
        let playing = Playing(
            suite.transcripts[0], .flight, number: 900, dialect: [suite.dialect],
            options: PlayOptions(server: server, cancel: -1))
        return try playing.play(with: lease)
    }
}
