/// Reads the JSON Lines of a run back into its events, so that every report can be made again from the file.

import Bytes
import Dialects
package import Results
import Transcript

extension JSONReport {
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "line \(line): \(message)" }
    }

    package static func events(_ bytes: [UInt8]) throws(Fault) -> [RunEvent] {
        var events: [RunEvent] = []
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty { continue }
            let value: JSON
            do { value = try JSONReader.read(line) } catch {
                throw Fault(line: index + 1, message: "column \(error.offset - line.startIndex + 1): \(error.message)")
            }
            do { events.append(try event(value)) } catch { throw Fault(line: index + 1, message: error.message) }
        }
        guard case .started? = events.first else { throw Fault(line: 1, message: "it does not begin a run") }
        return events
    }

    private struct Wrong: Error {
        let message: String
        init(_ name: String) { message = "'\(name)' is missing or wrong" }
        init(format: Int) { message = "format \(format), but this program reads \(JSONReport.format)" }
    }

    private static func need<Value>(_ value: Value?, _ name: String) throws(Wrong) -> Value {
        guard let value else { throw Wrong(name) }
        return value
    }
    private static func text(_ json: JSON, _ name: String) throws(Wrong) -> String {
        try need(json[name]?.string, name)
    }
    private static func number(_ json: JSON, _ name: String) throws(Wrong) -> Int {
        try need(json[name]?.integer, name)
    }
    private static func flag(_ json: JSON, _ name: String) throws(Wrong) -> Bool {
        try need(json[name]?.boolean, name)
    }
    private static func list<Value>(
        _ json: JSON, _ name: String, _ read: (JSON) throws(Wrong) -> Value
    ) throws(Wrong) -> [Value] {
        var values: [Value] = []
        for item in try need(json[name]?.items, name) { values.append(try read(item)) }
        return values
    }
    private static func texts(_ json: JSON, _ name: String) throws(Wrong) -> [String] {
        try list(json, name) { (item) throws(Wrong) in try need(item.string, name) }
    }

    private static func event(_ json: JSON) throws(Wrong) -> RunEvent {
        switch try text(json, "event") {
        case "started": return .started(try start(json))
        case "transcript": return .finished(try result(json))
        case "ended":
            let time = try number(json, "milliseconds")
            return .ended(interrupted: try flag(json, "interrupted"), duration: .milliseconds(time))
        default: throw Wrong("event")
        }
    }

    private static func start(_ json: JSON) throws(Wrong) -> RunStart {
        let written = try number(json, "format")
        guard written == format else { throw Wrong(format: written) }
        let cuts = try list(json, "segmentations", segmentation)
        var start = RunStart(
            server: try text(json, "server"), foreign: try flag(json, "foreign"),
            transcripts: try number(json, "transcripts"), segmentations: cuts)
        start.version = try text(json, "version")
        if let seed = json["seed"]?.string { start.seed = try need(UInt64(seed), "seed") }
        if let part = json["partition"]?.string { start.partition = try need(Partition(part), "partition") }
        (start.isWhole, start.folder) = (try flag(json, "whole"), try text(json, "folder"))
        start.target = json["target"]?.string
        return start
    }

    private static func segmentation(_ json: JSON) throws(Wrong) -> Segmentation {
        try need(json.string.flatMap { Segmentation($0) }, "segmentation")
    }

    private static func result(_ json: JSON) throws(Wrong) -> TranscriptResult {
        var result = TranscriptResult(
            path: try text(json, "path"), title: try text(json, "title"),
            segmentation: try segmentation(json["segmentation"] ?? .null),
            outcomes: try list(json, "clauses", outcome), skipped: json["skipped"]?.string,
            duration: .milliseconds(try number(json, "milliseconds")))
        result.digest = json["sha256"]?.string
        result.round = json["round"]?.integer
        result.isFlaky = json["verdict"]?.string == CaseVerdict.flaky.rawValue
        if let expectation = json["expectation"] {
            let reason = try text(expectation, "reason")
            switch try text(expectation, "met") {
            case "failed": result.expectation = .failed(reason: reason)
            case "passed": result.expectation = .passed(reason: reason)
            case "failed otherwise": result.expectation = .failedOtherwise(reason: reason)
            default: throw Wrong("met")
            }
        }
        if json["deviations"] != nil { result.deviations = try list(json, "deviations", deviation) }
        if let failure = json["failure"] { result.failure = try self.failure(failure) }
        return result
    }

    private static func deviation(_ json: JSON) throws(Wrong) -> Deviation {
        Deviation(try need(Deviation.Kind(rawValue: try text(json, "kind")), "kind"), try text(json, "shown"))
    }

    private static func level(_ json: JSON) throws(Wrong) -> Level {
        try need(Level(rawValue: try text(json, "level")), "level")
    }

    private static func verdict(_ json: JSON) throws(Wrong) -> Verdict {
        try need(Verdict(rawValue: try text(json, "verdict")), "verdict")
    }

    private static func outcome(_ json: JSON) throws(Wrong) -> ClauseOutcome {
        ClauseOutcome(
            clause: ClauseID(try text(json, "id"), try level(json)), line: try number(json, "line"),
            verdict: try verdict(json), checks: try number(json, "checks"), reason: json["reason"]?.string)
    }

    private static func failure(_ json: JSON) throws(Wrong) -> Failure {
        let clause = json["clause"]?.string
        var failure = Failure(
            place: Place(line: try number(json, "line"), inside: try texts(json, "inside")),
            clause: clause == nil ? nil : ClauseID(clause!, try level(json)), verdict: try verdict(json),
            expected: try texts(json, "expected"), received: try text(json, "received"))
        failure.after = .microseconds(try number(json, "microseconds"))
        failure.words = json["words"]?.string ?? ""
        failure.details = try texts(json, "details")
        (failure.clock, failure.server) = (try text(json, "clock"), try text(json, "server"))
        failure.log = try texts(json, "log")
        failure.exchange = try list(json, "exchange", exchange)
        return failure
    }

    private static func exchange(_ json: JSON) throws(Wrong) -> ExchangeLine {
        ExchangeLine(
            line: try number(json, "line"), who: try text(json, "who"),
            kind: try need(ExchangeLine.Kind(rawValue: try text(json, "kind")), "kind"),
            bytes: try need(Hexadecimal.bytes(try text(json, "hex")), "hex"), count: try number(json, "count"))
    }
}
