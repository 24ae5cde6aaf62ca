/// Tests that play whole runs by the dozen: `scripts/deep/peers` runs them, `scripts/test` has no time for them.

import Posix
import Testing

extension Trait where Self == ConditionTrait {
    static var deep: ConditionTrait {
        .enabled("scripts/deep/peers runs it") { processEnvironment()["TWMAILER_DEEP"] != nil }
    }
}
