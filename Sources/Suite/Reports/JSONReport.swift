/// A run as JSON Lines (one object per line; conformance/report.schema.json), and back again: from that file every other
/// report can be made.

import FoundationEssentials
package import Results
import Transcript

package struct JSONReport: Report {
    /// Of these lines; a reader refuses another one.
    static let format = 1

    package init() {}

    package func render(_ run: RunRecord) -> String { JSONReport.lines(run).map { $0 + "\n" }.joined() }

    static func lines(_ run: RunRecord) -> [String] {
        [text(StartedLine(run.start))] + run.results.map { text(TranscriptLine($0, foreign: run.start.foreign)) }
            + [text(EndedLine(run))]
    }

    private static func text(_ line: some Encodable) -> String {
        let encoder = JSONEncoder()
        // JSONEncoder's own order is another in every process.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, integers and lists of them can always be written.
        return String(decoding: try! encoder.encode(line), as: UTF8.self)
    }

    package struct Fault: Error, Equatable, CustomStringConvertible {
        package var line: Int
        package var message: String
        package var description: String { "line \(line): \(message)" }
    }

    package static func read(_ bytes: [UInt8]) throws(Fault) -> RunRecord {
        var run: RunRecord?
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty { continue }
            let event: RunEvent
            do { event = try JSONDecoder().decode(Line.self, from: Data(line)).event } catch {
                throw Fault(line: index + 1, message: message(error))
            }
            if run == nil {
                guard case .started = event else { throw Fault(line: index + 1, message: "it does not begin a run") }
            }
            run = run ?? RunRecord()
            run?.add(event)
        }
        guard let run else { throw Fault(line: 1, message: "it does not begin a run") }
        return run
    }

    private static func message(_ error: any Error) -> String {
        let name: (any CodingKey)?
        switch error {
        case let other as OtherFormat: return "format \(other.format), but this program reads \(format)"
        case DecodingError.keyNotFound(let key, _): name = key
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            name = context.codingPath.last { $0.intValue == nil }
        default: name = nil
        }
        return name.map { "'\($0.stringValue)' is missing or wrong" } ?? "it is no JSON object"
    }
}
