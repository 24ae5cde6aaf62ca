/// The events of a run as JSON Lines (one object per line; conformance/report.schema.json): the one source of every
/// other report.

import Bytes
import Dialects
package import Results
import Transcript

package enum JSONReport {
    /// Of these lines; a reader refuses another one.
    static let format = 1

    package static func lines(_ events: [RunEvent]) -> [String] {
        let foreign = RunRecord(events).start.foreign
        return events.map { line($0, foreign: foreign) }
    }

    package static func line(_ event: RunEvent, foreign: Bool) -> String {
        switch event {
        case .started(let start): return started(start).text
        case .finished(let result): return finished(result, foreign: foreign).text
        case .ended(let interrupted, let duration):
            return JSON.object([
                ("event", .text("ended")), ("interrupted", .flag(interrupted)),
                ("milliseconds", .number(Int(duration / .milliseconds(1)))),
            ]).text
        }
    }

    private static func started(_ start: RunStart) -> JSON {
        .object([
            ("event", .text("started")), ("format", .number(format)), ("version", .text(start.version)),
            ("server", .text(start.server)), ("foreign", .flag(start.foreign)),
            ("transcripts", .number(start.transcripts)),
            ("segmentations", .list(start.segmentations.map { .text($0.description) })),
            // As text: not every reader of JSON keeps 64 bits.
            ("seed", start.seed.map { .text(String($0)) } ?? .null),
            ("partition", start.partition.map { .text($0.description) } ?? .null),
            ("whole", .flag(start.isWhole)), ("folder", .text(start.folder)),
            ("target", start.target.map { .text($0) } ?? .null),
        ])
    }

    private static func finished(_ result: TranscriptResult, foreign: Bool) -> JSON {
        var fields: [(String, JSON)] = [
            ("event", .text("transcript")), ("path", .text(result.path)), ("title", .text(result.title)),
            ("sha256", result.digest.map { .text($0) } ?? .null),
            ("segmentation", .text(result.segmentation.description)),
            ("verdict", .text(result.verdict(foreign: foreign).rawValue)),
            ("reason", result.reason.map { .text($0) } ?? .null),
            ("milliseconds", .number(Int(result.duration / .milliseconds(1)))),
            ("clauses", .list(result.outcomes.map(outcome))),
        ]
        if let round = result.round { fields.append(("round", .number(round))) }
        if let skipped = result.skipped { fields.append(("skipped", .text(skipped))) }
        if let expectation = result.expectation { fields.append(("expectation", json(expectation))) }
        if !result.deviations.isEmpty {
            let list = result.deviations.map { deviation in
                JSON.object([("kind", .text(deviation.kind.rawValue)), ("shown", .text(deviation.shown))])
            }
            fields.append(("deviations", .list(list)))
        }
        if let failure = result.failure { fields.append(("failure", json(failure))) }
        return .object(fields)
    }

    private static func outcome(_ outcome: ClauseOutcome) -> JSON {
        var fields: [(String, JSON)] = [
            ("id", .text(outcome.clause.id)), ("level", .text(outcome.clause.level.rawValue)),
            ("line", .number(outcome.line)), ("verdict", .text(outcome.verdict.rawValue)),
            ("checks", .number(outcome.checks)),
        ]
        if let reason = outcome.reason { fields.append(("reason", .text(reason))) }
        return .object(fields)
    }

    private static func json(_ expectation: Expectation) -> JSON {
        switch expectation {
        case .failed(let reason): .object([("met", .text("failed")), ("reason", .text(reason))])
        case .passed(let reason): .object([("met", .text("passed")), ("reason", .text(reason))])
        case .failedOtherwise(let reason): .object([("met", .text("failed otherwise")), ("reason", .text(reason))])
        }
    }

    private static func json(_ failure: Failure) -> JSON {
        .object([
            ("line", .number(failure.place.line)), ("inside", .list(failure.place.inside.map { .text($0) })),
            ("clause", failure.clause.map { .text($0.id) } ?? .null),
            ("level", failure.clause.map { .text($0.level.rawValue) } ?? .null),
            ("verdict", .text(failure.verdict.rawValue)), ("signature", .text(failure.signature)),
            ("words", .text(failure.words)),
            ("expected", .list(failure.expected.map { .text($0) })), ("received", .text(failure.received)),
            ("microseconds", .number(Int(failure.after / .microseconds(1)))),
            ("details", .list(failure.details.map { .text($0) })), ("clock", .text(failure.clock)),
            ("server", .text(failure.server)), ("log", .list(failure.log.map { .text($0) })),
            ("exchange", .list(failure.exchange.map(exchange))),
        ])
    }

    /// `text` is for people, `hex` is what was there.
    private static func exchange(_ line: ExchangeLine) -> JSON {
        .object([
            ("line", .number(line.line)), ("who", .text(line.who)), ("kind", .text(line.kind.rawValue)),
            ("text", .text(Visible.line(line.bytes, total: line.count, limit: ExchangeLine.shown))),
            ("hex", .text(Hexadecimal.text(line.bytes))), ("count", .number(line.count)),
        ])
    }
}
