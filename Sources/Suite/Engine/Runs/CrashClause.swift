/// The clause that a crash counts against: that of the command which was being answered.

import Bytes
import Results
import Transcript

extension Crash {
    /// A server that has ended serves nobody, whatever clause was being judged.
    private static let harm = ClauseID("PROC-2", .must)

    /// They say themselves that the server goes on, so that its end is theirs.
    private static let aboutLivingOn: Set = ["FRAME-5", "LOGIN-9", "SEND-9", "QUIT-1", "PROC-2", "PROC-5"]

    /// The clause of the command that was being answered when the server, or the process that answered, ended: a crash
    /// belongs to it, and where no command was under way to the clause about clients that harm others.
    /// - Parameter judged: the clause of the section at hand.
    /// - Parameter flight: what was sent last and was not answered, as far as it is known; nil: nothing.
    static func clause(judged: ClauseID?, flight: [UInt8]?) -> ClauseID {
        if let judged, aboutLivingOn.contains(judged.id) { return judged }
        guard let flight, let root = root(of: flight) else { return about(judged, families: ["PROC"]) ?? harm }
        let families: [String: [String]] = [
            "LOGIN-1": ["LOGIN", "BAN"], "SEND-1": ["SEND"], "LIST-1": ["LIST"], "READ-1": ["READ"], "DEL-1": ["DEL"],
        ]
        return about(judged, families: families[root] ?? []) ?? ClauseID(root, .must)
    }

    /// The clause that is judged, if it is one about the command that did it.
    private static func about(_ judged: ClauseID?, families: [String]) -> ClauseID? {
        guard let judged, judged.level == .must, let family = judged.id.split(separator: "-").first else { return nil }
        return families.contains(String(family)) ? judged : nil
    }

    /// The foundation of a command, or for a number that is none the clause about those; nil for input that no client
    /// should send, whose harm to others is PROC-2's.
    private static func root(of flight: [UInt8]) -> String? {
        let lines = flight.split(separator: 10, omittingEmptySubsequences: false)
        guard let verb = lines.first.map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        let argument = lines.count > 1 ? lines[1] : []
        let isNumber = Int(String(decoding: argument, as: UTF8.self)).map { $0 > 0 } ?? false
        switch verb {
        case "LOGIN": return isName(argument) && (lines.count < 3 || lines[2].count <= 128) ? "LOGIN-1" : nil
        case "SEND": return isName(argument) && (lines.count < 3 || lines[2].count <= 320) ? "SEND-1" : nil
        case "LIST": return "LIST-1"
        case "READ": return isNumber ? "READ-1" : "READ-2"
        case "DEL": return isNumber ? "DEL-1" : "DEL-2"
        case "QUIT": return "QUIT-1"
        default: return nil
        }
    }

    private static func isName(_ line: ArraySlice<UInt8>) -> Bool {
        (1...32).contains(line.count) && line.allSatisfy(\.isNameByte)
    }
}
