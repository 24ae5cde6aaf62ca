/// The transcript parser and formatter: what is accepted means the same in its usual form, what is refused is refused at a
/// place in the file.

import Transcript

func transcriptFault(_ input: [UInt8]) -> String? {
    for kind in [Transcript.Kind.transcript, .dialect] {
        do throws(ParseErrors) {
            let transcript = try Transcript.parse(input, path: "fuzz", as: kind)
            let usual = try Transcript.formatted(input, path: "fuzz", as: kind)
            let again = try Transcript.parse(usual, path: "fuzz", as: kind)
            guard again.steps == transcript.steps, again.header == transcript.header else {
                return "means something else in its usual form: \(usual.shown)"
            }
            guard try Transcript.formatted(usual, path: "fuzz", as: kind) == usual else {
                return "the usual form has a usual form of its own"
            }
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
