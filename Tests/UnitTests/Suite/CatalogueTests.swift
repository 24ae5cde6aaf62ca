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
        cause[granted]: It counts per connection.
        cause[signal=13,closed]: It dies.

        BAN-11 SHOULD ours
        rule: Exactly 60 seconds.
        why: Neither more nor less.
        observed: wc
        cause: Nobody knows.

        BAN-9 retired: BAN-1 BAN-11
        """

    @Test func `a clause has its rule, its sentence and its cause`() throws {
        let catalogue = try Catalogue(parsing: ConformanceCatalogueTests.text)
        let clause = try #require(catalogue["BAN-1"])
        #expect(clause.level == .must && clause.source == .sheet && clause.observed == "w")
        #expect(clause.sheet == "Only 3 login attempts are allowed.")
        #expect(clause.causes.map(\.text) == ["It counts per connection.", "It dies."])
        #expect(clause.causes.map(\.observations) == [[.sight(.granted)], [.signal(13), .sight(.closed)]])
        let when = " when a process ends by signal 13 or the connection ends where a reply is due"
        #expect(clause.causes[1].when == when)
        #expect(catalogue["BAN-11"]?.causes.map(\.when) == [""])
        #expect(catalogue["BAN-11"]?.rule == "Exactly 60 seconds." && catalogue["BAN-11"]?.sheet == nil)
        #expect(catalogue.clauses.map(\.id) == ["BAN-1", "BAN-11"] && catalogue["BAN-2"] == nil)
    }

    @Test func `a retired clause stands for its successors`() throws {
        let catalogue = try Catalogue(parsing: ConformanceCatalogueTests.text)
        #expect(catalogue["BAN-9"] == nil && catalogue.successors(of: "BAN-9") == ["BAN-1", "BAN-11"])
        #expect(catalogue.successors(of: "BAN-1") == ["BAN-1"] && catalogue.successors(of: "BAN-2").isEmpty)
        var transcript = Transcript(path: "x", header: Header(title: ""), steps: [])
        transcript.steps = [Step(line: 4, action: .clause(id: "BAN-11", level: .should, prose: ""))]
        var selection = Selection()
        selection.clauses = ["BAN-9"]
        #expect(selection.includes(transcript, named: "x", catalogue: catalogue))
        selection.clauses = ["BAN-2"]
        #expect(!selection.includes(transcript, named: "x", catalogue: catalogue))
    }

    @Test(arguments: [
        ("A-1 retired: ", 1), ("A-1 retired: A-2", 0), ("A-1 retired: A-2\n\nA-1 retired: A-2", 3),
        ("A-1 MAY ours\nrule: x\n\nA-1 retired: A-1", 0), ("A-1 MAY ours\ncause[]: x", 2),
        ("A-1 MAY ours\ncause[sorrow]: x", 2), ("A-1 MAY ours\ncause[nul: x", 2),
        ("A-1 MAY ours\ncause[signal=0]: x", 2),
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
