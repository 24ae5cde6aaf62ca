/// Peers/directory.py as a process: a directory that misbehaves and says what it was sent.

import Posix
import SystemPackage
import Testing
import Transcript

final class PeerDirectory {
    /// What it said first: its port, or its address.
    let address: String
    private let process: ProcessID
    private let output: OwnedDescriptor

    /// - Parameter identity: certificate and key.
    init(_ mode: String, identity: (certificate: String, key: String)? = nil) throws {
        let script = try PeerWorld().folder + "/directory.py"
        var spawn = Spawn(PeerWorld.python, ["-I", "-S", script, mode])
        if let identity { spawn.arguments += [identity.certificate, identity.key] }
        let pipe = try Pipe.make()
        spawn.descriptors = [1: pipe.writing.number, 2: 2]
        process = try spawn.start()
        output = pipe.intoReading()
        address = try PeerDirectory.line(output.number)
    }

    deinit {
        try? process.send(signal: Signals.kill)
        _ = try? process.wait()
    }

    var url: String { "ldap://127.0.0.1:\(address)" }

    /// All events up to and with `event`, which comes for certain.
    func events(to event: String) throws -> [String] {
        var events: [String] = []
        while events.last != event { events.append(try PeerDirectory.line(output.number)) }
        return events
    }

    /// The events so far.
    func events() throws -> [String] {
        var events: [String] = []
        while try Clock.system.wait(for: .readable, on: output.number, until: .zero) {
            events.append(try PeerDirectory.line(output.number))
        }
        return events
    }

    private static func line(_ output: Int32) throws -> String {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        let deadline = Clock.system.now() + .seconds(60)
        while line.last != UInt8(ascii: "\n") {
            try #require(try Clock.system.wait(for: .readable, on: output, until: deadline), "the peer says nothing")
            try #require(try read(output, into: &byte, at: 0..<1) == 1, "the peer has ended")
            line += byte
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }
}
