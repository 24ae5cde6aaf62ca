/// A port that this program keeps for a server that it starts: other runs of the suite on this machine look elsewhere.

import Glibc
import Posix
import SystemPackage

/// Between the look at a port and the server's own bind(2) another run could hand out the same one. A name in the
/// abstract namespace (unix(7)) tells it: the kernel gives the name to one socket, and takes it back when that is closed.
final class PortReservation: Sendable {
    let port: UInt16
    private let name: OwnedDescriptor

    /// nil when another run keeps the port.
    init?(_ port: UInt16) throws(Errno) {
        let datagrams = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = OwnedDescriptor(owning: try retrying { Glibc.socket(AF_UNIX, datagrams, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("twmailer-port-\(port)".utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0[1...].copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
        let number = socket.number
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, length) }
        }
        if result != 0 {
            let error = lastErrno()
            if error == .addressInUse { return nil }
            throw error
        }
        self.port = port
        self.name = socket
    }
}
