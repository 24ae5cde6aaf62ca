/// Plays one transcript once against a fresh server, and returns a verdict for each of its tags.

import Dialects
import Posix
package import Results
package import Transcript
package import World

/// A problem that ends the whole run rather than one transcript.
package enum Problem: Error, Sendable {
    case interrupted
    case world(WorldFailure)
    /// A transcript is wrong in a way the parser cannot see.
    case transcript(path: String, line: Int, message: String)
}

extension Transcript {
    /// The tags in the order of the file.
    package var tags: [(clause: ClauseID, line: Int)] { Transcript.tags(steps) }

    private static func tags(_ steps: [Step]) -> [(clause: ClauseID, line: Int)] {
        steps.flatMap { step -> [(clause: ClauseID, line: Int)] in
            switch step.action {
            case .clause(let id, let level, _): [(ClauseID(id, level), step.line)]
            case .define: []
            default: (step.action.bodies ?? []).flatMap { tags($0) }
            }
        }
    }
}

package struct Playing {
    let transcript: Transcript
    /// The reason why this transcript cannot be played against an attached server; nil: it can.
    private let obstacle: String?
    /// What the run has found out before; nil: nothing is known.
    private let foundations: Foundations?
    let segmentation: Segmentation
    /// Counts the playings of a run; addresses are made from it.
    let number: Int
    let dialect: [Transcript]
    let options: PlayOptions

    package init(
        _ transcript: Transcript, _ segmentation: Segmentation, number: Int, dialect: [Transcript],
        options: PlayOptions,
        foundations: Foundations? = nil
    ) {
        let adapted = options.server.attachment.map { AttachedServer.adapted(transcript, $0) }
        (self.transcript, obstacle) = (adapted?.0 ?? transcript, adapted?.1)
        (self.segmentation, self.number, self.dialect, self.options) = (segmentation, number, dialect, options)
        self.foundations = foundations
    }

    package func play(with lease: Lease) throws(Problem) -> TranscriptResult {
        let began = Clock.system.now()
        if let finding { return finding }
        if let reason = unmetNeed { return result(nil, since: began, untested: reason, skipped: reason) }
        if let broken = foundations?.obstacle(to: transcript) { return blocked(by: broken, nil, since: began) }
        if let reason = notUnderstood { return result(nil, since: began, untested: reason, skipped: reason) }
        let performance: Performance
        do {
            performance = try Performance(transcript, segmentation, number: number, options: options, lease: lease)
        } catch {
            throw .world(error)
        }
        let scope = Scope(transcript, performance.world, frames: [Frame()], macros: macros)
        let interpreter = Interpreter(performance, scope)
        var kept = false
        defer { performance.world.end(keeping: kept) }
        do {
            if options.server.attachment != nil {
                for user in transcript.header.users { try interpreter.wire.emptyMailbox(of: user) }
            }
            try interpreter.playTranscript()
            return result(performance.recorder, since: began, untested: nil)
        } catch {
            let recorder = performance.recorder
            switch error {
            case .failed(let failure) where interpreter.expectations.isMissingLine(failure):
                return result(recorder, since: began, untested: "the rest of the reply has another layout")
            case .failed(let failure):
                kept = options.keepsFailed
                return judged(failure, performance, since: began)
            case .unmet(let unmet):
                switch interpreter.fail(unmet) {
                case .failed(let failure): return judged(failure, performance, since: began)
                case .untested(let reason): return result(recorder, since: began, untested: reason)
                default: throw .interrupted
                }
            case .untested(let reason):
                recorder.leaveUntested(reason)
                return result(recorder, since: began, untested: reason)
            case .interrupted: throw .interrupted
            case .broken(let failure): throw .world(failure)
            case .fault(let place, let message):
                let text = ([message] + place.inside).joined(separator: "; ")
                throw .transcript(path: transcript.path, line: place.line, message: text)
            }
        }
    }

    private var macros: [String: Macro] { Macro.all(in: dialect) }

    /// The reason why this run cannot play the transcript; nil: it can.
    private var unmetNeed: String? {
        if options.server.isReference { return nil }
        if !transcript.tags.isEmpty && transcript.tags.allSatisfy({ $0.clause.level == .ref }) {
            return "a promise of the reference server"
        }
        if !transcript.header.limits.isEmpty { return "it sets options of the reference server" }
        if let obstacle { return obstacle }
        if let dialect = options.tolerance, segmentation != .flight, !dialect.understands(segmentation),
            !transcript.tags.contains(where: { $0.clause.id == "FRAME-1" })
        {
            return "fix FRAME-1 first: this server understands only \(dialect.speech.title)"
        }
        guard case .foreign(let foreign) = options.server else { return nil }
        if transcript.header.needs.contains(.disk) && !foreign.command.contains("{spool}") {
            return "needs a server that is told where its spool is ({spool})"
        }
        return nil
    }

    // MARK: Results

    /// What a failure comes to: the clause at hand fails, or another one that it belongs to, or nothing is proved.
    private func judged(_ failure: Failure, _ performance: Performance, since began: Duration) -> TranscriptResult {
        let (recorder, world) = (performance.recorder, performance.world)
        guard !options.server.isReference else { return failed(failure, recorder, since: began) }
        if let broken = foundations?.broken(among: failure.needs) { return blocked(by: broken, recorder, since: began) }
        if failure.verdict == .crash {
            let clause = Crash.clause(judged: failure.clause, flight: recorder.unanswered)
            return clause == failure.clause
                ? failed(failure, recorder, since: began) : crashed(failure, clause, recorder, since: began)
        }
        if let reason = world.inconclusive ?? unasked(failure, world) {
            return untested(reason, recorder, since: began)
        }
        if failure.isPreparation {
            // What foundations have shown to work failed in this situation, which is not the clause's.
            let place = "line \(failure.place.line), where \(failure.expected.joined(separator: " or ")) was due"
            return untested("its preparation failed in \(place): \(failure.received)", recorder, since: began)
        }
        return failed(failure, recorder, since: began)
    }

    private func failed(_ failure: Failure, _ recorder: Recorder, since began: Duration) -> TranscriptResult {
        if failure.clause != nil { recorder.judge(failure.verdict) }
        let cause = "blocked by line \(failure.place.line)"
        var result = result(recorder, since: began, untested: cause)
        result.failure = failure
        return result
    }

    private func untested(_ reason: String, _ recorder: Recorder, since began: Duration) -> TranscriptResult {
        recorder.judge(.notTested)
        return result(recorder, since: began, untested: reason)
    }

    /// - Parameter recorder: nil where nothing was played.
    private func blocked(
        by broken: Foundations.Broken, _ recorder: Recorder?, since began: Duration
    ) -> TranscriptResult {
        recorder?.judge(.notTested)
        var result = result(
            recorder, since: began, untested: broken.advice, skipped: recorder == nil ? broken.advice : nil)
        result.fixFirst = broken.clause
        return result
    }

    /// LOGIN-1: who refuses a right password without having asked the suite's directory has asked another one, or none
    /// that could be seen.
    private func unasked(_ failure: Failure, _ world: World) -> String? {
        guard failure.clause?.id == "LOGIN-1", failure.expected.contains("OK⏎"), !failure.received.hasPrefix("OK"),
            let directory = world.directory, (try? directory.binds()) == 0
        else { return nil }
        let log = directory.lastLogLines(3).joined(separator: " | ")
        return "the right password was refused, but the directory was not asked for a bind; its log ends: \(log)"
    }

    /// The server, or the process that served the client, ended by itself: that counts against `clause`. What was being
    /// judged is not reached, because nobody can say what the server would have answered.
    private func crashed(
        _ failure: Failure, _ clause: ClauseID, _ recorder: Recorder, since began: Duration
    ) -> TranscriptResult {
        let cause = "fix \(clause.id) first: the server ended by itself in line \(failure.place.line)"
        recorder.leaveUntested(cause)
        var result = result(recorder, since: began, untested: cause)
        result.outcomes.append(ClauseOutcome(clause: clause, line: failure.place.line, verdict: .crash, checks: 0))
        var crash = failure
        (crash.clause, crash.words) = (clause, "the server lives on")
        let judged = failure.clause.map { "\($0.id): \(failure.words)" } ?? "the preparation"
        crash.details.append("while this was played: \(judged)")
        result.failure = crash
        return result
    }

    /// The result when nothing of the transcript could be played.
    func blocked(expected: String, received: String) -> TranscriptResult {
        var result = result(nil, since: Clock.system.now(), untested: received)
        result.failure = Failure(
            place: Place(line: 1), clause: nil, verdict: .fail, expected: [expected], received: received)
        return result
    }

    /// Tags that were not reached, and tags whose expectations were not reached, are NOT TESTED.
    func result(
        _ recorder: Recorder?, since began: Duration, untested: String?, skipped: String? = nil
    ) -> TranscriptResult {
        var outcomes = recorder?.outcomes ?? []
        let reason = untested ?? "its steps were not played: another alternative fitted"
        for tag in transcript.tags where !outcomes.contains(where: { $0.line == tag.line }) {
            outcomes.append(
                ClauseOutcome(clause: tag.clause, line: tag.line, verdict: .notTested, checks: 0, reason: reason))
        }
        for index in outcomes.indices where outcomes[index].verdict == .notTested && outcomes[index].reason == nil {
            outcomes[index].reason = reason
        }
        for index in outcomes.indices where outcomes[index].isGood && outcomes[index].checks == 0 {
            outcomes[index].verdict = .notTested
            outcomes[index].reason = untested ?? "nothing was expected"
        }
        var result = TranscriptResult(
            path: transcript.path, title: transcript.header.title, segmentation: segmentation,
            outcomes: outcomes.sorted { $0.line < $1.line }, skipped: skipped, duration: Clock.system.now() - began)
        result.deviations = recorder?.deviations ?? []
        return result
    }
}
