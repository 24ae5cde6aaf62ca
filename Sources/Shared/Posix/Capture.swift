/// Runs another program to its end and returns what it printed.

package import SystemPackage

extension Spawn {
    package struct Output: Sendable {
        package let ending: Ending
        package let text: [UInt8]
        package let errors: [UInt8]
    }

    /// Starts the program and waits for its end. What it prints as errors must fit a pipe (64 KiB).
    package func output() throws(Errno) -> Output {
        let out = try Pipe.make()
        let errors = try Pipe.make()
        var spawn = self
        spawn.descriptors[1] = out.writing.number
        spawn.descriptors[2] = errors.writing.number
        let child = try spawn.start()
        let fromOut = out.intoReading()
        let fromErrors = errors.intoReading()
        let text = try readWhole(fromOut.number, limit: 1 << 20)
        let complaints = try readWhole(fromErrors.number, limit: 1 << 16)
        return Output(ending: try child.wait(), text: text, errors: complaints)
    }
}
