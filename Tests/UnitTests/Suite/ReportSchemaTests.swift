/// conformance/report.schema.json and what is written agree: no name is missing, none is unknown, no word is another.

import Dialects
import Posix
import Reports
import Results
import Testing
import Transcript
import World

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ReportSchemaTests {
    private let definitions: JSON

    init() throws {
        let checkout = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let bytes = try readFile("/\(checkout)/conformance/report.schema.json")
        definitions = try #require(try JSON.read(bytes)["$defs"])
    }

    @Test func `every kind of line is as the schema says`() throws {
        var run = ReportSamples.mixed
        run.results[0].expectation = Expectation(.passed, reason: "r")
        run.results[1].expectation = Expectation(.failed, reason: "r")
        run.results[2].expectation = Expectation(.failedOtherwise, reason: "r")
        run.results[2].digest = nil
        for line in JSONReport.lines(run) {
            let value = try JSON.read(Array(line.utf8))
            #expect(faults(value, try #require(value["event"]?.string.flatMap { definitions[$0] })) == [])
        }
    }

    @Test func `every verdict and every deviation that there is has its word there`() {
        func words(_ definition: String, _ property: String) -> Set<String> {
            Set((definitions[definition]?["properties"]?[property]?["enum"]?.items ?? []).compactMap(\.string))
        }
        #expect(words("deviation", "kind") == Set(Deviation.Kind.allCases.map(\.rawValue)))
        let ofClauses = [CaseVerdict.notReached]
        let verdicts = Set(CaseVerdict.allCases).subtracting(ofClauses)
        #expect(words("transcript", "verdict") == Set(verdicts.map(\.rawValue)))
    }

    @Test func `a line that lacks a name, has one too many or says another word is seen`() throws {
        let schema = try #require(definitions["ended"])
        func faults(_ text: String) throws -> [String] {
            self.faults(try JSON.read(Array(text.utf8)), schema)
        }
        #expect(try faults(#"{"event":"ended","interrupted":true,"milliseconds":1}"#) == [])
        #expect(try faults(#"{"event":"ended","interrupted":true}"#) == ["milliseconds is missing"])
        #expect(try faults(#"{"event":"ended","interrupted":true,"milliseconds":1,"x":2}"#) == ["x is unknown"])
        #expect(
            try faults(#"{"event":"end","interrupted":true,"milliseconds":1}"#) == [#""end" is no value here"#])
        #expect(try faults(#"{"event":"ended","interrupted":0,"milliseconds":1}"#) == ["0 is of another type"])
    }

    /// As much of JSON Schema as that file uses, but for patterns and minima.
    private func faults(_ value: JSON, _ schema: JSON) -> [String] {
        if let name = schema["$ref"]?.string {
            return definitions[String(name.dropFirst("#/$defs/".count))].map { faults(value, $0) } ?? ["\(name)?"]
        }
        if let choices = schema["oneOf"]?.items {
            return choices.contains { faults(value, $0).isEmpty } ? [] : ["\(value) is none of its kinds"]
        }
        if let words = schema["enum"]?.items ?? schema["const"].map({ [$0] }) {
            return words.contains(value) ? [] : ["\(value) is no value here"]
        }
        let types = schema["type"]?.items ?? schema["type"].map { [$0] } ?? []
        guard types.contains(where: { $0.string == type(value) }) else { return ["\(value) is of another type"] }
        if let items = value.items, let each = schema["items"] { return items.flatMap { faults($0, each) } }
        guard case .object(let fields) = value else { return [] }
        let required = (schema["required"]?.items ?? []).compactMap(\.string)
        let missing = required.filter { value[$0] == nil }.map { "\($0) is missing" }
        return missing
            + fields.flatMap { name, field in
                schema["properties"]?[name].map { faults(field, $0) } ?? ["\(name) is unknown"]
            }
    }

    private func type(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .flag: "boolean"
        case .number: "integer"
        case .text: "string"
        case .list: "array"
        case .object: "object"
        }
    }
}
