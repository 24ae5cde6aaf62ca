/// What the gatekeeper reads: a session's message, and the files it left itself before a crash.

import EventLog
import Gatekeeper
import Glibc
import Logging
import MailCore
import Posix
import Synchronization
import World

/// The first byte chooses: the message, or the file of charges and one ban as lines of their fields, sealed or as they are.
func stateFault(_ input: [UInt8]) -> String? {
    guard let mode = input.first else { return nil }
    let rest = Array(input.dropFirst())
    if let attempt = LoginAttempt(decoding: rest), attempt.encoded() != rest { return "a message is read as another" }
    do {
        return try StateBench.shared.withLock { try $0.fault(in: rest, sealed: mode % 2 == 0) }
    } catch {
        return "the gatekeeper would not start: \(error)"
    }
}

private final class StateBench {
    static let shared = Mutex(try! StateBench())

    // A static is never freed: its folder goes when the program ends.
    private static let folder = try! makeTemporaryFolder((isFolder("/dev/shm") ? "/dev/shm" : "/tmp") + "/twfuzz")
    private let path: String
    private let log = EventLog.logger(level: .critical, format: .text, clock: .system) { _ in }

    private init() throws {
        path = StateBench.folder
        atexit { try? removeTree(StateBench.folder) }
        try makeFolder(path + "/g")
        try makeFolder(path + "/g/bans")
    }

    func fault(in bytes: [UInt8], sealed: Bool) throws -> String? {
        let records = sealed ? bytes.split(separator: 0x0a).map { StateBench.sealed($0) } : [bytes]
        for record in records {
            if let ban = BanRecord(decoding: record), BanRecord(decoding: ban.encoded()) != ban {
                return "a ban is read as another"
            }
            if let charge = ChargeRecord(decoding: record, bootID: "b"),
                ChargeRecord(decoding: charge.encoded(), bootID: "b") != charge
            {
                return "a charge is read as another"
            }
        }
        let ban = path + "/g/bans/10.0.0.1"
        try writeFile(path + "/g/charges", Array(records.joined()))
        if let first = records.first { try writeFile(ban, first) } else { try? removeTree(ban) }
        var policy = BanPolicy(rules: BanRules())
        _ = try StateFolder.open(path: path + "/g", clock: .system, log: log, restoring: &policy)
        // A second start finds what the first one has written, and nothing is banned for more than a minute.
        _ = try StateFolder.open(path: path + "/g", clock: .system, log: log, restoring: &policy)
        let address = ClientAddress(text: "10.0.0.1")!
        let steps = policy.arrived(
            AttemptID(1), LoginPair(address: address, user: nil), asksDirectory: true,
            at: Clock.system.now() + .seconds(61))
        return steps.contains(.answer(AttemptID(1), .refused, .banned)) ? "banned for more than a minute" : nil
    }

    /// As the gatekeeper would have written these fields.
    private static func sealed(_ fields: ArraySlice<UInt8>) -> [UInt8] {
        let fields = fields.prefix(118)
        let hash = fields.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        let record = Array(fields) + [0x20] + [UInt8](repeating: 0x30, count: 8 - digits.count) + Array(digits.utf8)
        return record + [UInt8](repeating: 0x20, count: 127 - record.count) + [0x0a]
    }
}
