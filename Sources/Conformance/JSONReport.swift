/// The events of a run as JSON Lines (RFC 8259, one object per line).

import Transcript

package enum JSONReport {
    package static func line(_ event: RunEvent) -> String {
        switch event {
        case .started(let server, let foreign, let transcripts, let segmentations):
            return JSON.object([
                ("event", .text("started")), ("format", .number(1)), ("server", .text(server)),
                ("foreign", .flag(foreign)),
                ("transcripts", .number(transcripts)),
                ("segmentations", .list(segmentations.map { .text($0.description) })),
            ]).text
        case .finished(let result): return finished(result).text
        case .ended(let interrupted, let duration):
            return JSON.object([
                ("event", .text("ended")), ("interrupted", .flag(interrupted)),
                ("milliseconds", .number(Int(duration / .milliseconds(1)))),
            ]).text
        }
    }

    private static func finished(_ result: TranscriptResult) -> JSON {
        var fields: [(String, JSON)] = [
            ("event", .text("transcript")), ("path", .text(result.path)), ("title", .text(result.title)),
            ("segmentation", .text(result.segmentation.description)),
            ("milliseconds", .number(Int(result.duration / .milliseconds(1)))),
            ("clauses", .list(result.outcomes.map(outcome))),
        ]
        if let skipped = result.skipped { fields.append(("skipped", .text(skipped))) }
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

    private static func json(_ failure: Failure) -> JSON {
        .object([
            ("line", .number(failure.place.line)), ("inside", .list(failure.place.inside.map { .text($0) })),
            ("clause", failure.clause.map { .text($0.id) } ?? .null), ("verdict", .text(failure.verdict.rawValue)),
            ("expected", .list(failure.expected.map { .text($0) })), ("received", .text(failure.received)),
            ("details", .list(failure.details.map { .text($0) })), ("clock", .text(failure.clock)),
            ("server", .text(failure.server)), ("log", .list(failure.log.map { .text($0) })),
            ("exchange", .list(failure.exchange.map(exchange))),
        ])
    }

    private static func exchange(_ line: ExchangeLine) -> JSON {
        .object([
            ("line", .number(line.line)), ("who", .text(line.who)), ("kind", .text(line.kind.rawValue)),
            ("bytes", .text(Visible.line(line.bytes, total: line.count, limit: ExchangeLine.shown))),
        ])
    }
}

enum JSON {
    case null, flag(Bool), number(Int), text(String), list([JSON]), object([(String, JSON)])

    var text: String {
        switch self {
        case .null: "null"
        case .flag(let flag): flag ? "true" : "false"
        case .number(let number): String(number)
        case .text(let text): JSON.quoted(text)
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(JSON.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
