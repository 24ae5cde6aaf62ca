/// Which random sessions are played, and how long: a few that are always the same, or as the environment says.

import Posix

package enum ModelSeeds {
    /// TWMAILER_MODEL_SEEDS: a seed, or the first and the last with a dash between.
    package static func chosen(or standard: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
        guard let text = processEnvironment()["TWMAILER_MODEL_SEEDS"] else { return standard }
        let ends = text.split(separator: "-").compactMap { UInt64($0) }
        precondition(
            (1...2).contains(ends.count) && ends[0] <= ends.last!, "TWMAILER_MODEL_SEEDS is a seed or FIRST-LAST")
        return ends[0]...ends.last!
    }

    package static func steps(or standard: Int) -> Int {
        guard let text = processEnvironment()["TWMAILER_MODEL_STEPS"] else { return standard }
        guard let steps = Int(text), steps > 0 else { preconditionFailure("TWMAILER_MODEL_STEPS is a number") }
        return steps
    }
}
