/// The runner's end, however it comes, leaves no process and no folder behind.

import Posix
import Testing
import Transcript
import World

struct RunnerEndTests {
    @Test(arguments: [Int32(2), 9])  // SIGINT, SIGKILL
    func `when the runner ends, everything it started does`(_ signal: Int32) throws {
        let runner = try ConformanceRunner(["-j2", "--segment", "byte", "SEND", "BAN"])
        // A stage besides the two directories: a server is up, or on its way.
        try runner.waitUntil("a transcript is played") {
            try Posix.Directory.open(path: runner.temporary).names().count > 2
        }
        #expect(!runner.marked.isEmpty)
        try runner.process.send(signal: signal)
        #expect(try runner.finished().ending == (signal == 9 ? .killed(signal: 9) : .exited(2)))
    }

    @Test(arguments: [Int32(2), 9])
    func `a build that is under way ends with the runner`(_ signal: Int32) throws {
        let folder = try PeerWorld().folder + "/folder"
        let runner = try ConformanceRunner([folder, "--build", "setsid sleep 1000 & touch here; sleep 1000"])
        try runner.waitUntil("the build is under way") {
            try Posix.Directory.open(path: runner.temporary).names().contains { name in
                fingerprint("\(runner.temporary)/\(name)/here") != nil
            }
        }
        try runner.process.send(signal: signal)
        #expect(try runner.finished().ending == (signal == 9 ? .killed(signal: 9) : .exited(2)))
    }

    @Test func `a watched process group ends with its guard, though nothing in it bears the runner's mark`() throws {
        let guardian = try WorldGuard.start()
        var spawn = Spawn("sleep", ["20"])  // which would end with 0
        spawn.ownGroup = true
        let process = try spawn.start()
        guardian.watch(group: process)
        guardian.close()
        #expect(try process.wait() == .killed(signal: 9))
    }
}
