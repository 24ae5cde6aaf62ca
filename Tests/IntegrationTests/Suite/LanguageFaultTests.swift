/// Faults that C and C++ have of their own, Peers/faulty.cpp: each is caught by a clause that it breaks.

import Posix
import Results
import Testing
import World

@Suite(.serialized, .deep) struct LanguageFaultTests {
    private static let rows: [PeerRow] = (try? PeerRow.rows(of: "faulty-cpp", in: PeerWorld().folder)) ?? []

    /// - Parameter fault: nil for none.
    private func judged(_ fault: String?, _ arguments: [String]) throws -> JudgedServer {
        var server: JudgedServer?
        try withPrograms { programs in
            let define = fault.map { ["-DFAULT=\($0)"] } ?? []
            let options = ["-std=c++17", "-pthread"] + define + ["-lldap", "-llber"]
            let program = try programs.compile("faulty.cpp", options, by: "g++")
            server = try JudgedServer(["--server", "exec \(program) {port} {spool}"] + arguments)
        }
        return try #require(server)
    }

    @Test func `without a fault the server passes every MUST`() throws {
        let server = try judged(nil, ["--level", "must"])
        #expect(server.failedMusts == [] && server.blocked == [], "\(server.text)")
        #expect(server.clauses(.notTested, level: .must) == [], "\(server.text)")
    }

    @Test func `the table's faults are known to the server`() throws {
        #expect(!LanguageFaultTests.rows.isEmpty)
        let source = String(decoding: try readFile(PeerWorld().folder + "/faulty.cpp"), as: UTF8.self)
        for row in LanguageFaultTests.rows { #expect(source.contains("on(\"\(row.name)\")"), "\(row.name)") }
    }

    @Test(arguments: rows)
    func `a fault is caught by a clause that it breaks`(_ row: PeerRow) throws {
        let server = try judged(row.name, row.places)
        #expect(!server.failed.isDisjoint(with: row.places), "\(row.name) (\(row.meaning)): \(server.text)")
    }
}
