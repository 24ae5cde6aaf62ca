/// What processes have used: processor time of a server's tree and of the machine, memory of a session.

import Posix
import SystemPackage
import World

enum Usage {
    /// proc(5) counts in these.
    private static let ticksPerSecond = 100.0

    /// Seconds of the processes that live below `leader`, and of those of them that have ended and were waited for.
    static func ofTree(_ leader: ProcessID) -> Double {
        ProcessTree.of(group: leader).members.reduce(0) { $0 + ofProcess($1.pid) }
    }

    /// Its own, and that of its children that were waited for.
    static func ofProcess(_ process: ProcessID, andChildren: Bool = true) -> Double {
        guard let stat = try? readFile("/proc/\(process)/stat"), let close = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return 0 }
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
        return fields[11...(andChildren ? 14 : 12)].reduce(0) {
            $0 + (Double(String(decoding: $1, as: UTF8.self)) ?? 0)
        } / ticksPerSecond
    }

    /// Seconds for which the machine's processors were busy since boot, all of them together.
    static func ofMachine() -> Double {
        let fields = lines("/proc/stat").first?.split(separator: " ") ?? []
        let ticks = fields.dropFirst().map { Double($0) ?? 0 }
        guard ticks.count >= 8 else { return 0 }
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / ticksPerSecond
    }

    static let processors = max(1, lines("/proc/stat").count { $0.hasPrefix("cpu") } - 1)

    /// kB of one process: its share of all memory it has mapped (PSS), and what it has for itself (anonymous).
    static func memory(of process: ProcessID) -> (share: Double, anonymous: Double)? {
        let lines = lines("/proc/\(process)/smaps_rollup")
        func value(_ key: String) -> Double? {
            lines.first { $0.hasPrefix(key) }.flatMap { Double($0.dropFirst(key.count).filter(\.isNumber)) }
        }
        guard let share = value("Pss:"), let anonymous = value("Private_Dirty:") else { return nil }
        return (share, anonymous)
    }

    static func lines(_ path: String) -> [String] {
        let bytes = (try? readFile(path, limit: 1 << 20)) ?? []
        return bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Processor time between two moments, a server's and everybody else's.
struct Meter {
    private let leader: ProcessID?
    private let directory: ProcessID
    private let start: (server: Double, directory: Double, own: Double, machine: Double, time: Duration)

    /// - Parameter leader: nil for a server that somebody else has started, whose use is then a stranger's.
    init(_ leader: ProcessID?, directory: ProcessID) {
        (self.leader, self.directory) = (leader, directory)
        start = (
            leader.map(Usage.ofTree) ?? 0, Usage.ofTree(directory), Meter.own, Usage.ofMachine(), Clock.system.now()
        )
    }

    /// Seconds of the server and of slapd; and the share of the machine that strangers had, from 0 to 1.
    func read() -> (server: Double, directory: Double, foreign: Double) {
        let (machine, own) = (Usage.ofMachine() - start.machine, Meter.own - start.own)
        let (server, directory) = (
            (leader.map(Usage.ofTree) ?? 0) - start.server, Usage.ofTree(directory) - start.directory
        )
        let elapsed = seconds(Clock.system.now() - start.time) * Double(Usage.processors)
        return (server, directory, max(0, (machine - own - server - directory) / elapsed))
    }

    /// The benchmark itself.
    private static var own: Double { Usage.ofProcess(.current, andChildren: false) }
}
