/// Runs a shell command to its end in bounded time, keeps the last of its output, and ends everything it started.

package import Posix
package import SystemPackage

package struct Errand {
    package enum Outcome: Equatable { case ended(Ending), tooLong, interrupted }

    package struct Report {
        package let outcome: Outcome
        /// The last 64 KiB of its standard output and standard error.
        package let output: [UInt8]

        package func lastLines(_ count: Int) -> [String] {
            output.split(separator: UInt8(ascii: "\n")).suffix(count).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    package let command: String
    package let folder: String
    package var patience: Duration

    package init(_ command: String, in folder: String, patience: Duration) {
        (self.command, self.folder, self.patience) = (command, folder, patience)
    }

    /// - Parameter cancel: a descriptor that becomes readable when the run is to end.
    package func run(in world: WorldGuard, cancel: Int32) throws(Errno) -> Report {
        let pipe = try Pipe.make()
        var spawn = Spawn("/bin/sh", ["-c", command])
        spawn.workingFolder = folder
        spawn.environment = processEnvironment()
        // A "clear" in a Makefile needs a terminal that can be cleared ("dumb" cannot). Compilers' messages are read
        // here, so they must be in English.
        spawn.environment?.merge(["TERM": "vt100", "LC_ALL": "C", world.mark.name: world.mark.value]) { $1 }
        spawn.descriptors = [1: pipe.writing.number, 2: pipe.writing.number]
        spawn.ownGroup = true
        let leader = try spawn.start()
        world.watch(group: leader)
        defer { world.forget(group: leader) }
        let reading = pipe.intoReading()
        let deadline = Clock.system.now() + patience
        var (output, ending, outcome): ([UInt8], Ending?, Outcome?) = ([], nil, nil)
        var isOpen = true
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while outcome == nil {
            var entries = [PollEntry(isOpen ? reading.number : -1, .readable), PollEntry(cancel, .readable)]
            // A child that stays behind may hold the pipe open, so the end of the pipe is not the end of the command.
            _ = try Clock.system.poll(&entries, until: min(deadline, Clock.system.now() + .milliseconds(50)))
            if !entries[0].ready.isEmpty {
                let count = try read(reading.number, into: &buffer, at: 0..<buffer.count)
                isOpen = count > 0
                output += buffer[..<count]
                if output.count > 1 << 17 { output.removeFirst(output.count - 1 << 16) }
            } else {
                ending = try leader.ended()
                if let ending { outcome = .ended(ending) }
            }
            if !entries[1].ready.isEmpty { outcome = .interrupted }
            if outcome == nil, Clock.system.now() >= deadline { outcome = .tooLong }
        }
        _ = try? leader.sendToGroup(signal: Signals.kill)
        if ending == nil { _ = try leader.wait() }
        return Report(outcome: outcome!, output: Array(output.suffix(1 << 16)))
    }
}
