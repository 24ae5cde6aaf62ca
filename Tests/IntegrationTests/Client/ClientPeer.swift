/// A server that says what it is told, to one client at a time, for the client's tests.

import Posix
import SystemPackage
import Transcript
import World

enum PeerStep: Sendable {
    /// Takes in this many lines.
    case hear(Int)
    case say(String)
    /// Takes in all there is, up to the client's end.
    case listen
    /// Takes in a text up to its lone dot.
    case hearText
    case act(@Sendable () throws -> Void)
    /// The next close resets.
    case reset
}

final class ClientPeer {
    let port: UInt16
    private let listener: Int32
    private let thread: Thread

    /// Plays `steps` to the first client and closes; further clients wait in vain.
    init(_ steps: [PeerStep]) throws {
        let socket = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        port = try Sockets.localAddress(socket.number).port
        let number = socket.release()
        listener = number
        thread = try Thread.start {
            guard
                let ready = try? Clock.system.wait(
                    for: .readable, on: number, until: Clock.system.now() + .seconds(20)),
                ready, let client = try? Sockets.accept(number)
            else { return }
            // A client that has gone away ends the play; what it made of it is what a test looks at.
            let socket = client.takeSocket()
            try? ClientPeer.play(steps, socket.number)
        }
    }

    /// Waits for the play's end; true when a client came after the one played to.
    func end() throws -> Bool {
        thread.join()
        defer { _ = OwnedDescriptor(owning: listener) }
        return (try? Sockets.accept(listener)) != nil
    }

    private static func play(_ steps: [PeerStep], _ socket: Int32) throws {
        var byte: [UInt8] = [0]
        var chunk = [UInt8](repeating: 0, count: 65_536)
        for step in steps {
            switch step {
            case .hear(var lines):
                while lines > 0 {
                    if try read(socket, into: &byte, at: 0..<1) == 0 { return }
                    if byte[0] == UInt8(ascii: "\n") { lines -= 1 }
                }
            case .say(let text): try writeAll(socket, Array(text.utf8).span)
            case .listen: while try read(socket, into: &chunk, at: 0..<chunk.count) > 0 {}
            case .hearText:
                var tail: [UInt8] = Array("\n".utf8)
                while tail != Array("\n.\n".utf8) {
                    let count = try read(socket, into: &chunk, at: 0..<chunk.count)
                    if count == 0 { return }
                    tail = Array((tail + chunk[..<count]).suffix(3))
                }
            case .act(let action): try action()
            case .reset: try Sockets.resetOnClose(socket)
            }
        }
    }
}

/// The client under test, in a folder of its own.
struct ClientUnderTest {
    static let program = try! programFolder() + "/twmailer-client"
    let folder: String

    init() throws {
        folder = try makeTemporaryFolder("/tmp/tw-client")
        for user in ["alice", "bob"] { try writeFile("\(folder)/\(user)", Array("\(user)-secret\nmore\n".utf8)) }
    }

    func remove() { try? removeTree(folder) }

    /// Whether two files of its folder have the same bytes (cmp(1): an array's == is slow in a debug build).
    func hasEqual(_ one: String, _ other: String) throws -> Bool {
        try Spawn("cmp", ["\(folder)/\(one)", "\(folder)/\(other)"]).start().wait() == .exited(0)
    }

    struct Result {
        let status: Int32?
        let text: String
        let errors: String
    }

    /// The client with its standard input from `input`, and nobody named on the command line.
    func spawn(_ port: UInt16, input: String, _ arguments: [String] = []) throws -> Spawn {
        var spawn = Spawn(
            "/bin/sh", ["-c", "exec \"$@\" <\"$0\"", input, Self.program, "127.0.0.1", "\(port)"] + arguments)
        spawn.workingFolder = folder
        return spawn
    }

    func result(of spawn: Spawn) throws -> Result {
        let output = try spawn.output()
        var status: Int32?
        if case .exited(let code) = output.ending { status = code }
        return Result(
            status: status, text: String(decoding: output.text, as: UTF8.self),
            errors: String(decoding: output.errors, as: UTF8.self))
    }

    /// Runs a command as `user`, with its input from a file or through a pipe, its output perhaps into a file.
    func run(
        _ port: UInt16, as user: String = "bob", input: String = "/dev/null", piping source: String? = nil,
        output: String? = nil, command: [String]
    ) throws -> Result {
        let options = ["-u", user, "--password-file", "\(folder)/\(user)"]
        var spawn = try spawn(port, input: source ?? input, options + command)
        if source != nil { spawn.arguments[1] = "cat \"$0\" | \"$@\"" }
        if let output { spawn.arguments[1] += " >\"\(output)\"" }
        return try result(of: spawn)
    }
}
