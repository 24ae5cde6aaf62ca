/// What a run tells while it is played, in the order in which it happens: for the live line.

package enum RunEvent: Sendable, Equatable {
    case started(RunStart)
    case finished(TranscriptResult)
    case ended(interrupted: Bool, duration: Duration)
}
