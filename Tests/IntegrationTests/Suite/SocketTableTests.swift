/// What the kernel tells of sockets: who listens, and which socket is at the other end.

import Posix
import SystemPackage
import Testing
import World

struct SocketTableTests {
    @Test func `a listener is known by its port and its inode, until it is closed`() throws {
        let table = try SocketTable()
        let port: UInt16
        do {
            let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
            port = try Sockets.localAddress(listener.number).port
            let found = try #require(try table.listeners().first { $0.port == port })
            #expect(linkTarget("/proc/self/fd/\(listener.number)") == "socket:[\(found.inode)]")
        }
        #expect(try !table.listeners().contains { $0.port == port })
    }

    @Test func `the socket at the other end of a connection is found among all`() throws {
        let table = try SocketTable()
        let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        let remote = TCPAddress("127.0.0.1", port: try Sockets.localAddress(listener.number).port)!
        let client = try Sockets.connect(remote, nonblocking: false)
        _ = try Clock.system.wait(for: .readable, on: listener.number, until: Clock.system.now() + .seconds(30))
        let accepted = try Sockets.accept(listener.number).takeSocket()
        let inode = try table.inode(atPeerOf: try Sockets.localAddress(client.number), remote: remote)
        let found = try #require(inode)
        #expect(linkTarget("/proc/self/fd/\(accepted.number)") == "socket:[\(found)]")
    }

    @Test func `where the other end is gone nothing is under way, though somebody listens there`() throws {
        let table = try SocketTable()
        let listener = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
        let remote = TCPAddress("127.0.0.1", port: try Sockets.localAddress(listener.number).port)!
        let nobody = TCPAddress("127.0.0.1", port: 1)!
        #expect(try table.unsent(atPeerOf: nobody, remote: remote) == 0)
        #expect(try table.inode(atPeerOf: nobody, remote: remote) == nil)
    }
}
