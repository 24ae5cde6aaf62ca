/// strace(1) as a source of faults: system calls of one process fail as told, until it is let go.

import Posix
import SystemPackage
import Testing
import Transcript

/// Ends with the value, and the process goes on unharmed.
final class FaultInjection {
    static let isPossible = effectiveUser() == 0
    static let condition: Comment = "only root may trace processes that forbid it"

    private var tracer: ProcessID?
    private let output: OwnedDescriptor

    /// - Parameter faults: as for `strace --inject`, such as `fsync:error=EIO:when=1`.
    init(_ faults: [String], in process: ProcessID) throws {
        let calls = faults.map { String($0.prefix { $0 != ":" }) }.joined(separator: ",")
        var spawn = Spawn(
            "strace", ["-p", "\(process)", "-e", "trace=\(calls)"] + faults.flatMap { ["-e", "inject=\($0)"] })
        let pipe = try Pipe.make()
        spawn.descriptors = [2: pipe.writing.number]
        let tracer = try spawn.start()
        self.tracer = tracer
        output = pipe.intoReading()
        let first = try line()
        #expect(first?.contains("attached") == true)
    }

    deinit {
        try? tracer?.send(signal: Signals.kill)
        _ = try? tracer?.wait()
    }

    /// What strace says of a call, one line each; nil once it has ended.
    func line() throws -> String? {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        let deadline = Clock.system.now() + .seconds(60)
        while line.last != UInt8(ascii: "\n") {
            try #require(try Clock.system.wait(for: .readable, on: output.number, until: deadline))
            if try read(output.number, into: &byte, at: 0..<1) == 0 { return nil }
            line += byte
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    /// Lets the process go, and returns the calls that were made to fail.
    func end() throws -> [String] {
        try tracer?.send(signal: Signals.interrupt)
        var lines: [String] = []
        while let line = try line() { lines.append(line) }
        _ = try? tracer?.wait()
        tracer = nil
        return lines.filter { $0.contains("(INJECTED)") }
    }

    /// A launcher for `withServer`: the server runs under strace from its first call on.
    static func launcher(_ options: String) -> String { "exec strace -D -qq \(options)" }
}
