/// The ports that foreign servers are given.

import Posix
import Testing
import World

@testable import World

struct PortTests {
    /// Between the look at a port and the server's own bind(2) somebody else may look.
    @Test func `no two servers of a run are given the same port`() throws {
        let reserved = try (0..<500).map { _ in try Launch.freePort() }
        #expect(Set(reserved.map(\.port)).count == reserved.count)
    }

    @Test func `a port that one run keeps is no other's until it is let go`() throws {
        var first: PortReservation? = try Launch.freePort()
        let port = try #require(first?.port)
        #expect(try PortReservation(port) == nil)
        first = nil
        #expect(try PortReservation(port) != nil)
    }
}
