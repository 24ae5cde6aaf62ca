/// The transcript parser: what it accepts prints as it was written, what it refuses it refuses at a place in the file.

import Transcript

func transcriptFault(_ input: [UInt8]) -> String? {
    for kind in [Transcript.Kind.transcript, .dialect] {
        do throws(ParseErrors) {
            let transcript = try Transcript.parse(input, path: "fuzz", as: kind)
            if transcript.printed() != input { return "printed otherwise: \(transcript.printed().shown)" }
            let canonical = transcript.canonical().printed()
            let again = try Transcript.parse(canonical, path: "fuzz", as: kind)
            guard again.steps == transcript.steps, again.header == transcript.header else {
                return "means something else when it is printed anew: \(String(decoding: canonical, as: UTF8.self))"
            }
            guard again.canonical().printed() == canonical else { return "the usual form has a usual form of its own" }
            let findings = Lint(dialect: nil, levels: [:], users: []).findings(in: transcript)
            if let fault = misplaced(findings, in: input) { return fault }
        } catch {
            if error.errors.isEmpty { return "refused without a reason" }
            if let fault = misplaced(error.errors, in: input) { return fault }
        }
    }
    return nil
}

/// A place that the file does not have.
private func misplaced(_ errors: [ParseError], in input: [UInt8]) -> String? {
    let lines = input.split(separator: 0x0a, omittingEmptySubsequences: false)
    for error in errors {
        guard (1...lines.count).contains(error.line), (1...(lines[error.line - 1].count + 1)).contains(error.column),
            !error.description.isEmpty
        else { return "no such place: \(error.line):\(error.column) \(error.message)" }
    }
    return nil
}
