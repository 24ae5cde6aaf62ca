/// Shapes of servers in the field, Peers/shapes.txt: each is known by what is observed, and its twin for what that is.

import Engine
import Posix
import Testing
import Transcript
import World

@Suite(.deep) struct ShapeTests {
    /// A server and what the suite must say of it.
    struct Case: Sendable, CustomTestStringConvertible {
        /// NAME,NAME of faulty.py, "right", or "upright NAME".
        let server: String
        /// Clause and verdict, as `QUIT-1=FAIL`.
        let verdicts: [(clause: String, verdict: String)]
        /// Folders of conformance/ beside the basic transcripts.
        let folders: [String]
        let meaning: String
        var testDescription: String { server }

        func verdict(_ verdict: String) -> Set<String> {
            Set(verdicts.filter { $0.verdict == verdict }.map(\.clause))
        }
    }

    static let cases: [Case] = (try? read()) ?? []

    private static func read() throws -> [Case] {
        let table = String(decoding: try readFile(PeerWorld().folder + "/shapes.txt"), as: UTF8.self)
        return table.split(separator: "\n").filter { !$0.hasPrefix("#") }.flatMap { line in
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            let folders = cells[4].split(separator: ",").map { $0.filter { $0 != " " } }
            return stride(from: 0, to: 4, by: 2).filter { cells[$0] != "." }.map { index in
                Case(
                    server: cells[index], verdicts: pairs(cells[index + 1]), folders: folders,
                    meaning: cells[5])
            }
        }
    }

    private static func pairs(_ cell: String) -> [(clause: String, verdict: String)] {
        cell.split(separator: " ").compactMap { pair in
            let parts = pair.split(separator: "=").map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }

    @Test func `the table is read whole`() throws {
        let known = Set(try PeerWorld().suite.catalogue.clauses.map(\.id))
        #expect(ShapeTests.cases.count > 60)
        for each in ShapeTests.cases {
            #expect(!each.verdicts.isEmpty, "\(each.server)")
            for (clause, verdict) in each.verdicts {
                #expect(known.contains(clause), "\(each.server): \(clause)")
                #expect(["FAIL", "PASS", "ADAPTED", "UNPASSED", "ANY"].contains(verdict), "\(each.server): \(verdict)")
            }
        }
    }

    @Test(arguments: cases)
    func `a shape gets its verdicts, and its twin others`(_ each: Case) throws {
        let folder = try PeerWorld().folder
        let words = each.server.split(separator: " ").map(String.init)
        let command =
            words[0] == "upright"
            ? "upright.py {port} {spool} \(words[1])"
            : "faulty.py {port} {spool} {ldap-url} {ldap-ca} - \(words[0] == "right" ? "" : words[0])"
        let basics = DialectTests.paths.map { $0 + ".transcript" }
        let server = try JudgedServer(
            ["--server", "exec \(PeerWorld.python) -I -S \(folder)/\(command)"] + basics + each.folders)
        let told: Comment = "\(each.server) (\(each.meaning)): \(server.text)"
        #expect(each.verdict("FAIL").subtracting(server.failed) == [], told)
        #expect(each.verdict("PASS").subtracting(server.passed) == [], told)
        #expect(each.verdict("ADAPTED").subtracting(server.adapted) == [], told)
        #expect(each.verdict("UNPASSED").intersection(server.passed) == [], told)
        let unnamed = server.failedMusts.subtracting(each.verdicts.filter { $0.verdict != "PASS" }.map(\.clause))
        #expect(unnamed == [], told)
        #expect(server.blocked == [], told)
    }
}
