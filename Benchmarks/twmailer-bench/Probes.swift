/// What the machine itself can do, without any server: how large the figures of the table can be at all.

import Posix
import SystemPackage

enum Probes {
    static func run(_ setting: Setting, _ floor: Contender?) throws -> [(name: String, value: String)] {
        var found = [("probe, disk", try disk(setting.folder))]
        found.append(("probe, fork + exit + wait of a static C program", try forks(setting.floor)))
        if let floor { found.append(("probe, loopback there and back", try loopback(floor))) }
        return found
    }

    /// 1 KB into a new file, file and folder synced; then 256 MB into one file, synced at the end.
    private static func disk(_ path: String) throws -> String {
        let folder = try Posix.Directory.open(path: path)
        var times: [Double] = []
        for number in 0..<50 {
            let start = Clock.system.now()
            let file = try folder.create("probe\(number)", .readWrite, exclusive: true)
            try writeAll(file.number, [UInt8](repeating: 7, count: 1000).span)
            try sync(file.number)
            try folder.sync()
            times.append(seconds(Clock.system.now() - start) * 1000)
        }
        for number in 0..<50 { try folder.unlink("probe\(number)") }
        let block = [UInt8](repeating: 7, count: 1 << 20)
        let start = Clock.system.now()
        let file = try folder.create("probe", .readWrite, exclusive: true)
        for _ in 0..<256 { try writeAll(file.number, block.span) }
        try sync(file.number)
        let rate = 268 / seconds(Clock.system.now() - start)
        try folder.unlink("probe")
        return "1 KB durable \(fixed(percentile(times, 0.5), 2)) ms (p50), 256 MB \(fixed(rate, 0)) MB/s"
    }

    private static func forks(_ floor: String) throws -> String {
        let output = try Spawn(floor, ["fork"]).output()
        return String(decoding: output.text.prefix { $0 != 10 }, as: UTF8.self) + " µs (p50)"
    }

    /// The floor's answer to a word that it does not know.
    private static func loopback(_ floor: Contender) throws -> String {
        let word = Exchange(request: Array("X\n".utf8), reply: .bytes(Array("ERR\n".utf8)), isTimed: true)
        let result = try Load(server: floor.server, workload: Workload(opening: [[]], turns: [[[word]]])).run(
            turns: 2000)
        return "\(fixed(percentile(result.times.exchanges, 0.5) * 1e6, 0)) µs (p50)"
    }
}
