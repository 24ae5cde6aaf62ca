/// How the suite speaks to a server: in which cuts, and in which speech where somebody names it.

import ArgumentParser
import Dialects
import Results

struct SpeechOptions: ParsableArguments {
    @Option(
        help:
            "How client lines are cut into writes: flight, line, verb, byte, random:SEED, all, or several with commas."
    )
    var segment: String?
    @Option(
        help: """
            How your server wants its commands, where the probe does not find it out: as cuts (flight, line, verb, byte), \
            or each ended by a line with a dot (dot), after its length (length, length-le, length-line), before a NUL (nul).
            """)
    var speech: Speech?

    /// - Parameter usual: what is played where no cut is named.
    func segmentations(usual: [Segmentation]) throws -> [Segmentation] {
        guard let segment else { return usual }
        if segment == "all" { return [.flight, .line, .byte] }
        return try segment.split(separator: ",").map { text in
            guard let segmentation = Segmentation(String(text)) else {
                throw ValidationError("--segment must be flight, line, verb, byte, random:SEED or all, not '\(text)'")
            }
            return segmentation
        }
    }

    /// What a probe tries first; nil: as the sheet shows commands.
    func firstCut() throws -> Speech? {
        switch try segmentations(usual: []).first {
        case .line: .line
        case .verb: .verb
        case .byte: .byte
        case .flight, .random, nil: nil
        }
    }
}

extension Speech: ExpressibleByArgument {}
