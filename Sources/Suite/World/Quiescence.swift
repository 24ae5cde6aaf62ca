/// Proves that nothing is under way: finds an instant at which every process concerned was asleep.

package import Posix

package enum Quiescence {
    /// True when there was an instant during this call at which all threads of `processes` slept.
    ///
    /// Every thread is looked at twice. A thread that slept both times and was not scheduled in between has slept all
    /// the while. The second look at the first thread comes after the first look at the last, so all these sleeps share
    /// an instant. On one machine, sending to a process makes it runnable at once, so nothing is on its way at that
    /// instant either. A timer may still end a sleep.
    package static func holds(for processes: [ProcessID]) -> Bool {
        guard let first = look(at: processes), let second = look(at: processes) else { return false }
        return first == second
    }

    /// Each thread with its count of context switches, as two looks compare them.
    package struct Look: Equatable { fileprivate var threads: [String: [UInt8]] }

    /// One look at sleepers that nothing but another process's doing can wake: no thread of `unlimited` waits with a
    /// limit of time. nil when a thread runs, or may wake by itself.
    package static func look(atUnlimited unlimited: [ProcessID], and others: [ProcessID]) -> Look? {
        guard let asleep = look(at: unlimited + others) else { return nil }
        for process in unlimited {
            guard let threads = try? Posix.Directory.open(path: "/proc/\(process)/task").names(),
                threads.allSatisfy({ ThreadWait.isUnlimited(process, thread: $0) })
            else { return nil }
        }
        return Look(threads: asleep)
    }

    /// Each thread with its count of context switches; nil when a thread runs or waits for the disk.
    private static func look(at processes: [ProcessID]) -> [String: [UInt8]]? {
        var result: [String: [UInt8]] = [:]
        for process in processes {
            // A process that ended meanwhile was running.
            guard let threads = try? Posix.Directory.open(path: "/proc/\(process)/task").names() else { return nil }
            for thread in threads {
                let path = "/proc/\(process)/task/\(thread)/status"
                guard let status = try? readFile(path), let (state, switches) = parse(status) else { return nil }
                if !isAtRest(state) { return nil }
                result[thread] = switches
            }
        }
        return result
    }

    // Stopped (T) and dead (Z, X) threads do nothing either.
    private static func isAtRest(_ state: UInt8) -> Bool { "SITtZX".utf8.contains(state) }

    /// The state letter, and the lines that count context switches (proc_pid_status(5)). They stand at the file's
    /// beginning and end, and the rest is skipped: two looks must fit into the 20 ms after which every process under
    /// virtual time wakes to look at the clock, even when a sanitizer makes this program slow.
    static func parse(_ status: [UInt8]) -> (state: UInt8, switches: [UInt8])? {
        let newline = UInt8(ascii: "\n")
        let state = status.prefix(160).split(separator: newline).first { $0.starts(with: "State:\t".utf8) }
        let counts = status.suffix(256).split(separator: newline).filter {
            $0.starts(with: "voluntary_ctxt_switches:".utf8) || $0.starts(with: "nonvoluntary_ctxt_switches:".utf8)
        }
        return state.flatMap { $0.count > 7 ? ($0[$0.startIndex + 7], Array(counts.joined())) : nil }
    }
}
