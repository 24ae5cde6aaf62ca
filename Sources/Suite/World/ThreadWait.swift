/// What a sleeping thread waits for: something without a limit of time, or a moment that will come.

import Posix

enum ThreadWait {
    /// Whether the thread sleeps in a system call that ends only by somebody else's doing (proc_pid_syscall(5)). False
    /// where it runs, where a limit is set, and where this kernel or this processor does not tell.
    static func isUnlimited(_ process: ProcessID, thread: String) -> Bool {
        guard let text = try? readFile("/proc/\(process)/task/\(thread)/syscall") else { return false }
        let words = text.split { $0 == UInt8(ascii: " ") || $0 == 10 }.map { String(decoding: $0, as: UTF8.self) }
        guard words.count >= 7, let number = Int(words[0]), let limit = limits[number] else { return false }
        switch limit {
        case .none: return true
        case .pointer(let place): return words[1 + place] == "0x0"
        case .milliseconds(let place): return UInt64(words[1 + place].dropFirst(2), radix: 16).map(isNegative) ?? false
        }
    }

    /// An int that the kernel shows as a register.
    private static func isNegative(_ register: UInt64) -> Bool { Int32(truncatingIfNeeded: register) < 0 }

    /// Where a system call takes its limit of time, by the place of the argument from 0.
    private enum Limit { case none, pointer(Int), milliseconds(Int) }

    #if arch(x86_64)
        private static let limits: [Int: Limit] = [
            0: .none, 1: .none, 7: .milliseconds(2), 23: .pointer(4), 34: .none, 43: .none, 44: .none, 45: .none,
            46: .none, 47: .none, 61: .none, 65: .none, 70: .none, 72: .none, 73: .none, 128: .pointer(2), 130: .none,
            202: .pointer(3), 220: .pointer(3), 232: .milliseconds(3), 247: .none, 270: .pointer(4), 271: .pointer(2),
            281: .milliseconds(3), 288: .none, 441: .pointer(3),
        ]
    #elseif arch(arm64)
        private static let limits: [Int: Limit] = [
            22: .milliseconds(3), 25: .none, 32: .none, 63: .none, 64: .none, 72: .pointer(4), 73: .pointer(2),
            95: .none, 98: .pointer(3), 133: .none, 137: .pointer(2), 192: .pointer(3), 193: .none, 202: .none,
            206: .none, 207: .none, 211: .none, 212: .none, 242: .none, 260: .none, 441: .pointer(3),
        ]
    #else
        private static let limits: [Int: Limit] = [:]
    #endif
}
