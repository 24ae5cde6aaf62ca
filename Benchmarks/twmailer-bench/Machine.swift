/// The machine, the file system and the versions that a table must name.

import Posix
import SystemPackage

enum Machine {
    static func description(folder: String) -> [(name: String, value: String)] {
        let model = Usage.lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }.map(afterColon) ?? "unknown"
        let memory = Usage.lines("/proc/meminfo").first.map(afterColon) ?? ""
        return [
            ("machine", "\(model), \(Usage.processors) processors, \(memory)"),
            (
                "kernel",
                Usage.lines("/proc/version").first?.split(separator: " ").prefix(3).joined(separator: " ") ?? ""
            ),
            ("file system", fileSystem(of: folder)),
            ("swift", version("swift", ["--version"])),
            ("cc", version("cc", ["--version"])),
            ("slapd", version("slapd", ["-VV"])),
            ("dovecot", version("dovecot", ["--version"])),
            ("postfix", version("postconf", ["-d", "mail_version"])),
        ]
    }

    private static func afterColon(_ line: String) -> String {
        line.split(separator: ":").dropFirst().joined().split(separator: " ").joined(separator: " ")
    }

    /// proc_pid_mounts(5): the longest mount point that the folder lies in.
    private static func fileSystem(of folder: String) -> String {
        let mounts = Usage.lines("/proc/mounts").map { $0.split(separator: " ") }.filter { $0.count > 3 }
        let own = mounts.filter { $0[1] == "/" || (folder + "/").hasPrefix($0[1] + "/") }.max {
            $0[1].count < $1[1].count
        }
        return own.map { "\($0[2]) on \($0[0]) (\($0[3]))" } ?? "unknown"
    }

    private static func version(_ program: String, _ arguments: [String]) -> String {
        guard let output = try? Spawn(program, arguments).output() else { return "not found" }
        let text = output.text.isEmpty ? output.errors : output.text
        let lines = text.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        return (lines.first ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
