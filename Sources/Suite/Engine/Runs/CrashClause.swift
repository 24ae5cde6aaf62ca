/// The clause that a crash counts against: that of the command which was being answered.

import Results
import Transcript

extension Crash {
    /// A server that has ended serves nobody, whatever clause was being judged.
    private static let harm = ClauseID("PROC-2", .must)

    /// The clause of the command that was being answered when the server, or the process that answered, ended: a crash
    /// belongs to it, and where no command was under way to the clause about clients that harm others.
    /// - Parameter judged: the clause of the section at hand.
    /// - Parameter flight: what was sent last and was not answered, as far as it is known; nil: nothing.
    static func clause(judged: ClauseID?, flight: [UInt8]?) -> ClauseID {
        guard let flight, let root = root(of: flight) else { return about(judged, families: ["PROC"]) ?? harm }
        let families: [String: [String]] = [
            "LOGIN-1": ["LOGIN", "BAN"], "SEND-1": ["SEND"], "LIST-1": ["LIST"], "READ-1": ["READ"],
            "READ-2": ["READ"], "DEL-1": ["DEL"], "DEL-2": ["DEL"], "QUIT-1": ["QUIT"],
        ]
        return about(judged, families: families[root] ?? []) ?? ClauseID(root, .must)
    }

    /// The clause that is judged, if it is one about the command that did it.
    private static func about(_ judged: ClauseID?, families: [String]) -> ClauseID? {
        guard let judged, judged.level == .must, let family = judged.id.split(separator: "-").first else { return nil }
        return families.contains(String(family)) ? judged : nil
    }

    /// The foundation of a command, or for a number that is none the clause about those.
    private static func root(of flight: [UInt8]) -> String? {
        let lines = flight.split(separator: 10, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Of several commands the last one that begins in it; a body's lines are not looked at.
        guard let verb = lines.first else { return nil }
        let number = lines.count > 1 ? Int(lines[1]) ?? 0 : 0
        switch verb {
        case "LOGIN": return "LOGIN-1"
        case "SEND": return "SEND-1"
        case "LIST": return "LIST-1"
        case "READ": return number > 0 ? "READ-1" : "READ-2"
        case "DEL": return number > 0 ? "DEL-1" : "DEL-2"
        case "QUIT": return "QUIT-1"
        default: return nil
        }
    }
}
