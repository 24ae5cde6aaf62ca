/// Looks up a host's addresses; not in Posix, because the static server cannot link glibc's resolver.

import Glibc
import Posix

/// Numeric addresses need no look-up; a name is asked of the system (getaddrinfo(3)), which has time limits of its
/// own. In the system's order of preference, never empty.
func addresses(of host: String, port: UInt16) throws(ClientFailure) -> [TCPAddress] {
    if let address = TCPAddress(host, port: port) { return [address] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
        let reason = unsafe String(cString: gai_strerror(code))
        throw .failed(.unreachable, "cannot find the host \(excerpt(of: host.utf8)): \(reason)")
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [TCPAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let (address, length) = unsafe (entry.pointee.ai_addr, entry.pointee.ai_addrlen)
        if unsafe getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
            let host = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if let address = TCPAddress(host, port: port), !found.contains(address) { found.append(address) }
        }
        unsafe next = entry.pointee.ai_next
    }
    if found.isEmpty { throw .failed(.unreachable, "the host \(excerpt(of: host.utf8)) has no IP address") }
    return found
}
