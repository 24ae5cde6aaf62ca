/// The ports that foreign servers are given.

import Posix
import Testing
import World

@testable import World

struct PortTests {
    /// Between the look at a port and the server's own bind(2) somebody else may look.
    @Test func `no two servers of a run are given the same port`() throws {
        let ports = try (0..<500).map { _ in try Launch.freePort() }
        #expect(Set(ports).count == ports.count)
    }
}
