/// The suite's own test: every fault of a faulty server is caught by a clause it breaks, and no liberty fails a MUST.

import Engine
import Posix
import Testing
import Transcript
import World

@Suite(.serialized) struct FaultyServerTests {
    @Test func `every row of the tables is known to the server, and stands there once`() throws {
        let world = try PeerWorld()
        let source = String(decoding: try readFile(world.folder + "/faulty.py"), as: UTF8.self)
        for table in ["faults", "liberties"] {
            let rows = try PeerRow.rows(of: table, in: world.folder)
            #expect(!rows.isEmpty)
            #expect(Set(rows.map(\.name)).count == rows.count)
            for row in rows { #expect(source.contains("\"\(row.name)\""), "\(table).txt: \(row.name)") }
        }
    }

    @Test func `without a fault the server passes every transcript that can be played`() throws {
        let world = try PeerWorld()
        let wrong = try atOnce(world.transcripts { _ in true }, world) { transcript, lease in
            let result = try world.play(transcript, "", patience: .seconds(5), with: lease)
            return result.failure.map { "\(world.suite.name(transcript.path)):\($0.place.line): \($0.received)" }
        }
        for line in wrong.compactMap(\.self) { Issue.record("\(line)") }
    }

    @Test func `every fault is caught by a clause that it breaks`() throws {
        let world = try PeerWorld()
        let faults = try PeerRow.rows(of: "faults", in: world.folder)
        let known = Set(world.suite.catalogue.clauses.map(\.id))
        for fault in faults {
            #expect(known.isSuperset(of: fault.places + fault.consequences), "faults.txt: \(fault.name)")
            #expect(!fault.places.isEmpty && Set(fault.places).isDisjoint(with: fault.consequences), "\(fault.name)")
        }
        let survivors = try atOnce(faults, world) { fault, lease in
            try survival(of: fault, world, lease).map { (fault, $0) }
        }.compactMap(\.self)
        print("faults caught by a clause of their own: \(faults.count - survivors.count)/\(faults.count)")
        for (fault, instead) in survivors {
            let seen = instead.isEmpty ? "nothing failed" : "seen as " + instead.joined(separator: ", ")
            Issue.record("survived: \(fault.name) (\(fault.meaning)); \(fault.places.joined(separator: ", ")): \(seen)")
        }
    }

    /// nil when a transcript of its clauses fails there; otherwise what failed instead.
    private func survival(of fault: PeerRow, _ world: PeerWorld, _ lease: Lease) throws -> [String]? {
        var instead: [String] = []
        let cited = world.transcripts { $0.tags.contains { fault.places.contains($0.clause.id) } }
        for transcript in cited {
            // A fault may be silence: what waits for an answer waits shorter than usual.
            let result = try world.play(transcript, fault.name, patience: .seconds(2), with: lease)
            guard let failure = result.failure else { continue }
            if let slip = failure.log.first(where: { $0.contains("itself is wrong") }) {
                Issue.record("\(fault.name): \(slip)")
            }
            if let clause = failure.clause, fault.places.contains(clause.id) { return nil }
            let name = world.suite.name(transcript.path)
            instead.append("\(name):\(failure.place.line) \(failure.clause?.id ?? "[setup]")")
        }
        return instead
    }

    @Test func `no liberty fails a MUST`() throws {
        let world = try PeerWorld()
        let liberties = try PeerRow.rows(of: "liberties", in: world.folder)
        let pairs = liberties.flatMap { liberty in
            world.transcripts { transcript in
                let name = world.suite.name(transcript.path)
                return liberty.places.contains { name.hasPrefix($0 + "/") }
                    && transcript.header.timeout == nil && transcript.tags.contains { $0.clause.level == .must }
            }.map { (liberty, $0) }
        }
        let wrong = try atOnce(pairs, world) { pair, lease in
            let (liberty, transcript) = pair
            let result = try world.play(transcript, liberty.name, patience: .seconds(5), with: lease)
            guard let failure = result.failure, failure.clause.map({ $0.level == .must }) ?? true else {
                return nil as (name: String, text: String)?
            }
            let place = "\(world.suite.name(transcript.path)):\(failure.place.line) \(failure.clause?.id ?? "[setup]")"
            return (liberty.name, "\(liberty.name): \(place): received \(failure.received)")
        }.compactMap(\.self)
        print("liberties tolerated: \(liberties.count - Set(wrong.map(\.name)).count)/\(liberties.count)")
        for failure in wrong { Issue.record("\(failure.text)") }
    }
}
