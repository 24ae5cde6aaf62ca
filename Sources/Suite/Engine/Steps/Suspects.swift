/// The clauses that a difference may belong to besides the one that is judged: by the command that was answered, and by
/// what was due and what came, never by which transcript it is.

import Bytes
import Results
import Transcript

extension Interpreter {
    func suspects(_ unmet: Unmet, _ observations: [Observation]) -> [String] {
        guard let flight = recorder.lastFlight else { return [] }
        let lines = flight.split(separator: 10, omittingEmptySubsequences: false)
        let verb = String(decoding: lines.first ?? [], as: UTF8.self)
        let argument = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : ""
        func saw(_ sight: Observation.Sight) -> Bool { observations.contains(.sight(sight)) }
        let isGranted = saw(.granted)
        let isRefused = saw(.refused) || saw(.closed)
        var found: [String] = []
        switch verb {
        case "LOGIN":
            if isGranted { found += ["LOGIN-1", "LOGIN-4", "LOGIN-6"] }
            if isRefused { found += ["LOGIN-1", "LOGIN-6"] }
            // A ban explains only what is about bans.
            if recorder.clause?.id.hasPrefix("BAN-") ?? false {
                found += isGranted ? ["BAN-1", "BAN-2", "BAN-3", "BAN-4"] : ["BAN-7", "BAN-2", "BAN-3"]
            }
        case "SEND":
            if isRefused { found += ["SEND-1", "SEND-7", "SEND-4", "LOGIN-10"] }
            if isGranted { found += ["LOGIN-2", "LOGIN-3", "LOGIN-10"] }
            if saw(.extra) { found += ["SEND-3", "SEND-5", "FRAME-2"] }
        case "LIST":
            if isGranted { found += ["LOGIN-2", "LOGIN-3", "LOGIN-10"] }
            found += ["LIST-1", "SEND-1", "LOGIN-10", "DEL-1", "SEND-7"]
        case "READ", "DEL":
            let isNumber = Int(argument).map { $0 > 0 } ?? false
            if isGranted { found += ["LOGIN-2", "LOGIN-3", "LOGIN-10", verb == "READ" ? "READ-2" : "DEL-2"] }
            if isGranted && !isNumber { found += ["READ-2", "DEL-2"] }
            if isRefused { found += ["LIST-1", "READ-1", "DEL-1", "LOGIN-10"] }
            if verb == "READ" && !isGranted && !isRefused { found += ofText(unmet) }
        case "QUIT": found += ["QUIT-1"]
        default: break
        }
        if saw(.second) { found += ["CONC-1", "LOGIN-10"] }
        if performance.wasRestarted { found += ["PROC-3"] }
        return found
    }

    /// In a message that was read: which part of it differs.
    private func ofText(_ unmet: Unmet) -> [String] {
        let due = unmet.expected.first ?? ""
        func isPart(_ name: String) -> Bool {
            guard case .bytes(let bytes)? = scope.frame.names[name] else { return false }
            return Visible.line(bytes + [10]) == due
        }
        if unmet.received.hasPrefix("none among") { return ["LIST-1", "READ-1", "SEND-1", "LOGIN-10", "SEND-7"] }
        if scope.frame.macro?.name == "read" {
            if isPart("sender") || isPart("receiver") { return ["SEND-2", "LOGIN-10", "READ-1"] }
            if isPart("subject") { return ["SEND-7", "LOGIN-10", "READ-1"] }
        }
        return ["READ-1", "SEND-3", "SEND-5", "SEND-4"]
    }
}
