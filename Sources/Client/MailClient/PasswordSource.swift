/// Where the password comes from: never from the arguments, which every user of the machine can read.

package import MailCore
import Posix
import SystemPackage

package enum PasswordSource: Sendable {
    /// Asked on the process's terminal, without echo.
    case prompt
    case file(String)
    /// The first line that `sh -c` prints.
    case command(String)
    case descriptor(Int32)

    /// The first line of the source, whole: a blank at its end is part of it.
    package func password(for user: Username, waiting: InterruptibleWait) throws(ClientFailure) -> Password {
        do {
            switch self {
            case .prompt: return try PasswordSource.valid(try prompted(for: user, waiting))
            case .file(let path):
                let file = try named("cannot read \(excerpt(of: path.utf8))") { () throws(Errno) in
                    try openForReading(path: path).release()
                }
                let owner = OwnedDescriptor(owning: file)
                return try PasswordSource.valid(try firstLine(of: owner.number, waiting))
            case .command(let command): return try PasswordSource.valid(try printed(by: command, waiting))
            case .descriptor(let number): return try PasswordSource.valid(try firstLine(of: number, waiting))
            }
        }
    }

    /// A password the server would refuse costs an attempt; three cost a minute.
    package static func valid(_ bytes: [UInt8]) throws(ClientFailure) -> Password {
        if let password = Password(bytes) { return password }
        let words = "it needs 1 to \(Password.maximumLength) bytes, no blank at its ends"  // LOGIN-12
        throw .failed(.refusedBeforeSending, "this cannot be the password: \(words)")
    }

    private func prompted(for user: Username, _ waiting: InterruptibleWait) throws(ClientFailure) -> [UInt8] {
        let words = "no terminal to ask for the password; use --password-file, --password-command or --password-fd"
        guard let terminal = try? openTerminal() else { throw .failed(.usage, words) }
        guard let mode = try? silence(terminal.number) else { throw .failed(.usage, words) }
        defer {
            restore(mode, on: terminal.number)
            try? writeAll(terminal.number, [UInt8(ascii: "\n")].span)
        }
        try? writeAll(terminal.number, Array("Password for \(user): ".utf8).span)
        return try firstLine(of: terminal.number, waiting)
    }

    private func printed(by command: String, _ waiting: InterruptibleWait) throws(ClientFailure) -> [UInt8] {
        let fault = "cannot run the password command"
        let ends = try named(fault) { () throws(Errno) in
            let pipe = try Pipe.make()
            var spawn = Spawn("/bin/sh", ["-c", command])
            spawn.descriptors = [1: pipe.writing.number, 2: 2]
            let child = try spawn.start()
            return (pipe.intoReading().release(), child)
        }
        let output = OwnedDescriptor(owning: ends.0)
        let line: [UInt8]
        do {
            line = try firstLine(of: output.number, waiting)
            // A command that prints more must not die of a closed pipe.
            try discard(output.number, waiting)
        } catch {
            try? ends.1.send(signal: 15)
            _ = try? ends.1.wait()
            throw error
        }
        let ending = try named(fault) { () throws(Errno) in try ends.1.wait() }
        if ending != .exited(0) { throw .failed(.noInput, "the password command failed: \(ending)") }
        return line
    }

    private func firstLine(of descriptor: Int32, _ waiting: InterruptibleWait) throws(ClientFailure) -> [UInt8] {
        var line: [UInt8] = []
        // One byte at a time: what follows the line belongs to others.
        var byte: [UInt8] = [0]
        while true {
            _ = try waiting.wait(for: .readable, on: descriptor)
            let count = try named("cannot read the password") { () throws(Errno) in
                try read(descriptor, into: &byte, at: 0..<1)
            }
            if count == 0 || byte[0] == UInt8(ascii: "\n") { break }
            // A line too long is read to its end all the same: on a terminal the rest would go to the shell.
            if line.count <= Password.maximumLength { line.append(byte[0]) }
        }
        return line
    }

    private func discard(_ descriptor: Int32, _ waiting: InterruptibleWait) throws(ClientFailure) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var count = 1
        while count > 0 {
            _ = try waiting.wait(for: .readable, on: descriptor)
            count = try named("cannot read the password") { () throws(Errno) in
                try read(descriptor, into: &bytes, at: 0..<bytes.count)
            }
        }
    }

    private func named<Result>(
        _ fault: String, _ call: () throws(Errno) -> Result
    ) throws(ClientFailure) -> Result {
        do { return try call() } catch { throw .failed(.noInput, "\(fault): \(error)") }
    }
}
