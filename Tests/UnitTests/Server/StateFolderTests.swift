/// The gatekeeper's folder while the gatekeeper before is still ending.

import EventLog
import Gatekeeper
import MailCore
import Posix
import Synchronization
import Testing
import Transcript
import World

@Suite struct `The gatekeeper's folder` {
    /// Of a server that was killed the gatekeeper ends after it, and the next server may be there before.
    @Test func `is waited for while its last owner ends`() throws {
        let world = SpoolWorld()
        _ = try world.open()
        let path = world.path + "/.gate"
        let log = EventLog.logger(level: .critical, format: .text, clock: .system) { _ in }
        @Sendable func opens() -> Bool {
            var policy = BanPolicy(rules: BanRules())
            do { _ = try StateFolder.open(path: path, clock: .system, log: log, restoring: &policy) } catch {
                return false
            }
            return true
        }
        #expect(opens())
        let owner = try Posix.Directory.open(path: path).open("lock", .readWrite)
        #expect(try tryLock(owner.number, .exclusive))
        let succeeded = Mutex<Bool?>(nil)
        inParallel(2) { number in
            if number == 0 {
                let result = opens()
                succeeded.withLock { $0 = result }
            } else {
                while succeeded.withLock({ $0 }) == nil, opened(path + "/lock") < 2 { pauseBriefly(microseconds: 100) }
                try? unlock(owner.number)
            }
        }
        #expect(succeeded.withLock { $0 } == true)
    }

    /// How many descriptors of this process are of the file.
    private func opened(_ path: String) -> Int {
        let names = (try? Posix.Directory.open(path: "/proc/self/fd").names()) ?? []
        return names.count { linkTarget("/proc/self/fd/\($0)")?.hasSuffix(path) ?? false }
    }
}
