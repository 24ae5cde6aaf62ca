/// The catalogue of clauses, and which transcripts a run chooses by it.

import Engine
import Posix
import Results
import Testing
import Transcript

@testable import Engine
@testable import Results
@testable import Reports
@testable import Dialects

struct ConformanceCatalogueTests {
    static let text = """
        # comment
        BAN-1 MUST sheet
        rule: After three failures the next is refused.
        sheet: Only 3 login attempts are allowed.
        observed: w
        cause: It counts per connection.

        BAN-11 SHOULD ours
        rule: Exactly 60 seconds.
        why: Neither more nor less.
        observed: wc
        """

    @Test func `a clause has its rule, its sentence and its cause`() throws {
        let catalogue = try Catalogue(parsing: ConformanceCatalogueTests.text)
        let clause = try #require(catalogue["BAN-1"])
        #expect(clause.level == .must && clause.source == .sheet && clause.observed == "w")
        #expect(clause.sheet == "Only 3 login attempts are allowed." && clause.cause == "It counts per connection.")
        #expect(catalogue["BAN-11"]?.rule == "Exactly 60 seconds." && catalogue["BAN-11"]?.sheet == nil)
        #expect(catalogue.clauses.map(\.id) == ["BAN-1", "BAN-11"] && catalogue["BAN-2"] == nil)
    }

    @Test(arguments: [
        ("BAN-1 MUST", 1), ("BAN-1 OUGHT sheet", 1), ("A-1 MAY ours\nrule: x\n\nA-1 MAY ours", 4),
        ("A-1 MAY ours\nnote: x", 2),
        ("A-1 MAY ours\nrule", 2), ("A-1 MUST sheet\nrule: x", 0),
    ])
    func `a fault is told with its line`(_ text: String, _ line: Int) {
        let fault = #expect(throws: Catalogue.Fault.self) { try Catalogue(parsing: text) }
        #expect(fault?.line == line)
    }

    @Test func `clauses are chosen by name or family, not by prefix`() throws {
        let catalogue = try Catalogue(parsing: ConformanceCatalogueTests.text)
        var transcript = Transcript(path: "ban/x.transcript", header: Header(title: "Sixty seconds"), steps: [])
        transcript.steps = [Step(line: 4, action: .clause(id: "BAN-11", level: .should, prose: ""))]
        func chooses(_ change: (inout Selection) -> Void) -> Bool {
            var selection = Selection()
            change(&selection)
            return selection.includes(transcript, named: "ban/x.transcript", catalogue: catalogue)
        }
        #expect(chooses { $0.clauses = ["BAN"] } && chooses { $0.clauses = ["BAN-11"] })
        #expect(!chooses { $0.clauses = ["BAN-1"] } && !chooses { $0.depth = .must } && chooses { $0.depth = .should })
        #expect(chooses { $0.filter = "[Ss]ixty" } && !chooses { $0.skip = "^ban/" })
        #expect(Selection.isClause("BAN-1") && Selection.isClause("BAN") && !Selection.isClause("ban"))
        #expect(!Selection.isClause("a/B-1.transcript") && !Selection.isClause("BAN-x"))
    }
}
