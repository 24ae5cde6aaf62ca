/// A server that ended by itself: the words for the report, and the clause that the crash counts against.

import Posix
import Results
import Transcript

enum Crash {
    /// A server that has ended serves nobody, whatever clause was being judged.
    static let clause = ClauseID("PROC-2", .must)

    /// These clauses demand that the server goes on, so a crash counts against them.
    private static let aboutLivingOn: Set = ["FRAME-5", "LOGIN-9", "READ-2", "SEND-9", "QUIT-1", "PROC-2", "PROC-5"]

    static func isFault(of clause: ClauseID?) -> Bool { clause.map { aboutLivingOn.contains($0.id) } ?? false }

    static func told(_ ending: Ending) -> String {
        let meaning =
            switch ending {
            case .killed(signal: 6): ", SIGABRT: a failed assertion, or an exception that nobody caught"
            case .killed(signal: 8): ", SIGFPE: a division by zero"
            case .killed(signal: 7), .killed(signal: 11): ", SIGSEGV or SIGBUS: memory that is not its own"
            case .killed(signal: 13): ", SIGPIPE: it wrote to a client that had gone"
            default: ""
            }
        return "the server ended by itself (\(ending)\(meaning))"
    }
}
