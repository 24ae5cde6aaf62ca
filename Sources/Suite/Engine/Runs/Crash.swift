/// A server that ended by itself, or one of its processes: the words for the report.

import Posix
import Results
import Transcript
import World

enum Crash {
    /// - Parameter records: of all processes of the server.
    /// - Parameter log: the last lines of the server's log.
    static func told(_ ending: Ending, of leader: ProcessID, _ records: [CrashRecord], log: [String]) -> String {
        let record = record(of: leader, ending, among: records)
        let meaning: String
        if let record {
            meaning = ", " + told(record, log: log)
        } else if case .killed(let signal) = ending {
            meaning = meanings[signal].map { ", " + $0 } ?? ""
        } else {
            meaning = lastWords(in: log).map { ": " + $0 } ?? ""
        }
        return "the server ended by itself (\(ending)\(meaning))" + (record?.place.map { " in \($0)" } ?? "")
    }

    /// Where the leader is a shell, its child's signal is its exit status, less 128.
    private static func record(
        of leader: ProcessID, _ ending: Ending, among records: [CrashRecord]
    ) -> CrashRecord? {
        let signal =
            switch ending {
            case .killed(let signal): signal
            case .exited(let status): status - 128
            }
        let candidates = records.filter { $0.signal == signal }
        return candidates.last { $0.process == leader.number } ?? candidates.last
    }

    /// What of the server died while it lived on, one line for each place; "process 123 of the server died of …".
    static func told(_ records: [CrashRecord], log: [String]) -> [String] {
        // A tool in a pipe of the shell's is meant to die so.
        let records = records.filter { $0.signal != 13 || $0.place != nil }
        let places = Dictionary(grouping: records) { "\($0.signal) \($0.place ?? "")" }.values
        return places.sorted { $0[0].process < $1[0].process }.prefix(5).map { same in
            let others = same.count > 1 ? ", and \(same.count - 1) more in the same way" : ""
            let place = same[0].place.map { " in \($0)" } ?? ""
            return "process \(same[0].process) of the server died (\(told(same[0], log: log)))\(place)\(others)"
        }
    }

    /// "SIGSEGV: a null pointer".
    private static func told(_ record: CrashRecord, log: [String]) -> String {
        if record.isStackOverflow { return "\(record.signalName): its stack is full (endless recursion, a huge array)" }
        if record.isNullPointer { return "SIGSEGV: a null pointer" }
        if record.signal == 6, let words = lastWords(in: log) { return "SIGABRT: \(words)" }
        return meanings[record.signal] ?? record.signalName
    }

    private static let meanings: [Int32: String] = [
        4: "SIGILL: an instruction that is none", 6: "SIGABRT: a failed assertion, or an exception that nobody caught",
        7: "SIGBUS: memory that is not its own", 8: "SIGFPE: a division by zero",
        11: "SIGSEGV: memory that is not its own", 13: "SIGPIPE: it wrote to a client that had gone",
    ]

    /// What the C and C++ libraries and the sanitizers say before they end a program: the last of it.
    static func lastWords(in log: [String]) -> String? {
        guard let index = log.lastIndex(where: isLastWord) else { return nil }
        let exception = "terminate called after throwing an instance of '"
        guard let start = log[index].firstRange(of: exception) else { return log[index].trimmed }
        let type = log[index][start.upperBound...].prefix { $0 != "'" }
        let next = log[(index + 1)...].first.flatMap { $0.trimmed.hasPrefix("what():") ? $0.trimmed : nil }
        return "nobody caught a \(type)" + (next.map { ", \($0)" } ?? "")
    }

    private static func isLastWord(_ line: String) -> Bool {
        if line.contains(": Assertion `") && line.hasSuffix("failed.") { return true }
        return lastWordBeginnings.contains { line.hasPrefix($0) } || line.contains("terminate called ")
    }
    private static let lastWordBeginnings = [
        "SUMMARY: AddressSanitizer", "*** stack smashing detected ***", "*** buffer overflow detected ***",
        "double free or corruption", "free(): ", "malloc(): ", "realloc(): ", "munmap_chunk(): ", "corrupted ",
        "malloc_consolidate(): ", "pure virtual method called",
    ]
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
