/// Servers that serve nothing pass nothing: a PASS that cannot fail is worth nothing either.

import Posix
import Testing
import World

struct NullServerTests {
    private func judged(_ mode: String, _ arguments: String...) throws -> JudgedServer {
        let world = try PeerWorld()
        let command = "exec \(PeerWorld.python) -I -S '\(world.folder)/null.py' {port} \(mode)"
        return try JudgedServer(["--server", command] + arguments, within: .seconds(120))
    }

    @Test(arguments: [
        "silent", "closes", "ok", "err", "zero", "echo", "parrot", "parrot-ok", "ok-lines", "err-lines", "zero-lines",
    ])
    func `a server that does nothing passes no clause`(_ mode: String) throws {
        let server = try judged(mode)
        #expect(server.passed == [], "\(mode): \(server.text)")
        #expect(server.blocked == [])
    }

    @Test func `a stub that stores nothing passes its list, and only that`() throws {
        let server = try judged("stub")
        let table = String(decoding: try readFile(PeerWorld().folder + "/stub.txt"), as: UTF8.self)
        let rows = table.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let list = Set(rows.compactMap { $0.split(separator: " ").first.map(String.init) })
        #expect(server.passed == list, "\(server.text)")
    }
}
