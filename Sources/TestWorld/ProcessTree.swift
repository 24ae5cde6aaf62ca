/// The processes of a server under test as /proc shows them: who they are, and whether all of them sleep.

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

    /// All processes of `group`, and what descends from its leader outside the group.
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

    package var zombies: Int { members.count { $0.state == UInt8(ascii: "Z") } }
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

    /// The name of the program, between parentheses, may hold anything: the last one ends it.
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

    /// Resident memory of the biggest process, bytes.
    package var largestResident: Int {
        alive.map { pid in
            guard let text = try? readFile("/proc/\(pid)/statm") else { return 0 }
            let fields = text.split(separator: UInt8(ascii: " "))
            return fields.count > 1 ? (Int(String(decoding: fields[1], as: UTF8.self)) ?? 0) * 4096 : 0
        }.max() ?? 0
    }
}
