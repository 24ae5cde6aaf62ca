/// The processes of a server under test, as /proc shows them: which they are, and whether all their threads sleep.

package import Posix
import SystemPackage

package struct ProcessTree: Sendable {
    package struct Member: Sendable, Equatable {
        package let pid: ProcessID
        package let parent: Int32
        package let group: Int32
        /// proc_pid_stat(5): S sleeping, R running, D disk, Z zombie, T stopped, I idle.
        package let state: UInt8
    }

    package let members: [Member]

    /// All processes of `group`, and the descendants of its leader outside the group.
    package static func of(group: ProcessID) -> ProcessTree {
        let everybody = all()
        var inside = Set(everybody.filter { $0.group == group.number }.map(\.pid.number))
        inside.insert(group.number)
        var grew = true
        while grew {
            grew = false
            for process in everybody where inside.contains(process.parent) {
                if inside.insert(process.pid.number).inserted { grew = true }
            }
        }
        return ProcessTree(members: everybody.filter { inside.contains($0.pid.number) })
    }

    /// Processes with that entry in their environment, including those that left the group and lost their parent.
    static func carrying(_ entry: String) -> [ProcessID] {
        all().map(\.pid).filter { pid in
            ((try? readFile("/proc/\(pid)/environ")) ?? []).split(separator: 0).contains {
                $0.elementsEqual(entry.utf8)
            }
        }
    }

    package var zombies: Int { members.count { $0.state == UInt8(ascii: "Z") } }
    /// Whether a thread runs or waits for the disk. The state of a process is that of its first thread, which may sleep
    /// while others work.
    package var isBusy: Bool {
        alive.contains { process in
            let threads = (try? Posix.Directory.open(path: "/proc/\(process)/task").names()) ?? []
            return threads.contains { thread in
                let stat = (try? readFile("/proc/\(process)/task/\(thread)/stat")).flatMap(ProcessTree.parse)
                return stat.map { $0.state == UInt8(ascii: "R") || $0.state == UInt8(ascii: "D") } ?? false
            }
        }
    }
    package var alive: [ProcessID] {
        members.filter { $0.state != UInt8(ascii: "Z") && $0.state != UInt8(ascii: "X") }.map(\.pid)
    }

    static func all() -> [Member] {
        guard let names = try? Posix.Directory.open(path: "/proc").names() else { return [] }
        return names.compactMap { name in
            guard let first = name.utf8.first, (48...57).contains(first) else { return nil }
            return (try? readFile("/proc/\(name)/stat")).flatMap(parse)
        }
    }

    /// Whether each of its threads stands still after a SIGSTOP.
    static func isStopped(_ process: ProcessID) throws(Errno) -> Bool {
        let threads = "/proc/\(process)/task"
        return try Posix.Directory.open(path: threads).names().allSatisfy { name in
            (try? readFile("\(threads)/\(name)/stat")).flatMap(parse)?.state == UInt8(ascii: "T")
        }
    }

    /// The program's name, in parentheses, may hold any byte, so the last parenthesis ends it.
    static func parse(_ stat: [UInt8]) -> Member? {
        guard let open = stat.firstIndex(of: UInt8(ascii: "(")), let close = stat.lastIndex(of: UInt8(ascii: ")")),
            let pid = Int32(String(decoding: stat[..<open], as: UTF8.self).filter { $0 != " " })
        else { return nil }
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 2, let state = fields[0].first,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let group = Int32(String(decoding: fields[2], as: UTF8.self))
        else { return nil }
        return Member(pid: ProcessID(pid), parent: parent, group: group, state: state)
    }

    /// Resident memory of the largest process, in bytes.
    package var largestResident: Int { alive.map { ProcessTree.status($0, "VmRSS:") }.max() ?? 0 }

    /// The highest resident memory that any living process ever had, in bytes.
    package var peakResident: Int { alive.map { ProcessTree.status($0, "VmHWM:") }.max() ?? 0 }

    package static func peakResident(of process: ProcessID) -> Int { status(process, "VmHWM:") }

    /// A line of proc_pid_status(5) given in kB, converted to bytes.
    private static func status(_ pid: ProcessID, _ key: String) -> Int {
        let lines = ((try? readFile("/proc/\(pid)/status")) ?? []).split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: key.utf8) }) else { return 0 }
        return (Int(String(decoding: line.filter { (48...57).contains($0) }, as: UTF8.self)) ?? 0) * 1024
    }

    /// The processes that hold the other end of our connection, by ascending process id.
    package func owners(ofPeerOf local: TCPAddress, remote: TCPAddress) -> [ProcessID] {
        guard let table = try? SocketTable(), let inode = try? table.inode(atPeerOf: local, remote: remote) else {
            return []
        }
        return alive.filter { ProcessTree.sockets(of: $0).contains(inode) }.sorted { $0.number < $1.number }
    }
}
