/// The lines of the JSON report as values, one property per name in conformance/report.schema.json.

import Bytes
import Dialects
import Results
import Transcript

/// Any line, as it is read.
struct Line: Decodable {
    let event: RunEvent

    private enum Key: CodingKey { case event, format }

    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: Key.self)
        switch try names.decode(String.self, forKey: .event) {
        case "started":
            let format = try names.decode(Int.self, forKey: .format)
            guard format == JSONReport.format else { throw OtherFormat(format: format) }
            event = .started(try StartedLine(from: decoder).start)
        case "transcript": event = .finished(try TranscriptLine(from: decoder).result())
        case "ended":
            let line = try EndedLine(from: decoder)
            event = .ended(interrupted: line.interrupted, duration: .milliseconds(line.milliseconds))
        default: throw DecodingError.dataCorruptedError(forKey: .event, in: names, debugDescription: "")
        }
    }
}

struct OtherFormat: Error { let format: Int }

struct StartedLine: Codable {
    var event = "started"
    var format = JSONReport.format
    var version, server: String
    var foreign: Bool
    var transcripts: Int
    var segmentations: [Written<Segmentation>]
    /// As text: not every reader of JSON keeps 64 bits.
    @OrNull var seed: Written<UInt64>?
    @OrNull var partition: Written<Partition>?
    var whole: Bool
    var folder: String
    @OrNull var target: String?

    init(_ start: RunStart) {
        (version, server, foreign, transcripts) = (start.version, start.server, start.foreign, start.transcripts)
        segmentations = start.segmentations.map { Written(value: $0) }
        (seed, partition) = (start.seed.map { Written(value: $0) }, start.partition.map { Written(value: $0) })
        (whole, folder, target) = (start.isWhole, start.folder, start.target)
    }

    var start: RunStart {
        var start = RunStart(
            server: server, foreign: foreign, transcripts: transcripts, segmentations: segmentations.map(\.value))
        (start.version, start.isWhole, start.folder, start.target) = (version, whole, folder, target)
        (start.seed, start.partition) = (seed?.value, partition?.value)
        return start
    }
}

struct TranscriptLine: Codable {
    var event = "transcript"
    var path, title: String
    @OrNull var sha256: String?
    var segmentation: Written<Segmentation>
    var verdict: String
    @OrNull var reason: String?
    var milliseconds: Int
    var clauses: [OutcomeObject]
    var round: Int?
    var skipped: String?
    var expectation: Expectation?
    var deviations: [Deviation]?
    var failure: FailureObject?

    init(_ result: TranscriptResult, foreign: Bool) {
        (path, title, segmentation) = (result.path, result.title, Written(value: result.segmentation))
        (verdict, milliseconds) = (result.verdict(foreign: foreign).rawValue, Int(result.duration / .milliseconds(1)))
        (clauses, round, skipped) = (result.outcomes.map { OutcomeObject($0) }, result.round, result.skipped)
        (expectation, failure) = (result.expectation, result.failure.map { FailureObject($0) })
        deviations = result.deviations.isEmpty ? nil : result.deviations
        (sha256, reason) = (result.digest, result.reason)
    }

    func result() throws -> TranscriptResult {
        var result = TranscriptResult(
            path: path, title: title, segmentation: segmentation.value, outcomes: clauses.map(\.outcome),
            failure: try failure?.failure(), skipped: skipped, duration: .milliseconds(milliseconds))
        (result.digest, result.round, result.expectation) = (sha256, round, expectation)
        (result.deviations, result.isFlaky) = (deviations ?? [], verdict == CaseVerdict.flaky.rawValue)
        return result
    }
}

struct OutcomeObject: Codable {
    var id: String
    var level: Level
    var line: Int
    var verdict: Verdict
    var checks: Int
    var reason: String?

    init(_ outcome: ClauseOutcome) {
        (id, level, line) = (outcome.clause.id, outcome.clause.level, outcome.line)
        (verdict, checks, reason) = (outcome.verdict, outcome.checks, outcome.reason)
    }

    var outcome: ClauseOutcome {
        ClauseOutcome(clause: ClauseID(id, level), line: line, verdict: verdict, checks: checks, reason: reason)
    }
}

struct FailureObject: Codable {
    var line: Int
    var inside: [String]
    @OrNull var clause: String?
    @OrNull var level: Level?
    var verdict: Verdict
    var signature: String
    /// Older files of this format lack it.
    var words: String?
    var expected: [String]
    var received: String
    var microseconds: Int
    var details: [String]
    var clock, server: String
    var log: [String]
    /// Absent in files of earlier versions.
    var observations: [String]?
    var exchange: [ExchangeObject]

    init(_ failure: Failure) {
        (line, inside, verdict) = (failure.place.line, failure.place.inside, failure.verdict)
        (signature, words, expected) = (failure.signature, failure.words, failure.expected)
        (received, microseconds) = (failure.received, Int(failure.after / .microseconds(1)))
        (details, clock, server, log) = (failure.details, failure.clock, failure.server, failure.log)
        observations = failure.observations.map(\.word)
        exchange = failure.exchange.map { ExchangeObject($0) }
        (clause, level) = (failure.clause?.id, failure.clause?.level)
    }

    func failure() throws -> Failure {
        let tag = try clause.map { id in
            guard let level else {
                throw DecodingError.keyNotFound(
                    CodingKeys.level, DecodingError.Context(codingPath: [], debugDescription: ""))
            }
            return ClauseID(id, level)
        }
        var failure = Failure(
            place: Place(line: line, inside: inside), clause: tag, verdict: verdict, expected: expected,
            received: received)
        (failure.words, failure.after, failure.details) = (words ?? "", .microseconds(microseconds), details)
        (failure.clock, failure.server, failure.log) = (clock, server, log)
        failure.observations = (observations ?? []).compactMap { Observation($0) }
        failure.exchange = exchange.map(\.shown)
        return failure
    }
}

/// `text` is for people, `hex` is what was there.
struct ExchangeObject: Codable {
    var line: Int
    var who: String
    var kind: ExchangeLine.Kind
    var text: String
    var hex: Written<HexadecimalBytes>
    var count: Int

    init(_ shown: ExchangeLine) {
        (line, who, kind, count) = (shown.line, shown.who, shown.kind, shown.count)
        text = Visible.line(shown.bytes, total: shown.count, limit: ExchangeLine.shown)
        hex = Written(value: HexadecimalBytes(bytes: shown.bytes))
    }

    var shown: ExchangeLine { ExchangeLine(line: line, who: who, kind: kind, bytes: hex.value.bytes, count: count) }
}

struct EndedLine: Codable {
    var event = "ended"
    var interrupted: Bool
    var milliseconds: Int

    init(_ run: RunRecord) {
        (interrupted, milliseconds) = (run.interrupted, Int(run.duration / .milliseconds(1)))
    }
}
