/// Says which process listens on which port, asked of the kernel: a trial connection would be a client of the server.

import Posix

enum Listeners {
    /// All listeners of this machine.
    static func all() -> [(port: UInt16, inode: Int)] {
        if let table = try? SocketTable(), let known = try? table.listeners() { return known }
        // A kernel without sock_diag(7).
        return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
            ((try? readFile(path, limit: 1 << 26)) ?? []).split(separator: UInt8(ascii: "\n")).compactMap { line in
                let fields = line.split(separator: UInt8(ascii: " "))
                guard fields.count > 9, fields[3].elementsEqual("0A".utf8) else { return nil }
                let port = UInt16(String(decoding: fields[1].suffix(4), as: UTF8.self), radix: 16)
                let inode = Int(String(decoding: fields[9], as: UTF8.self))
                return port.flatMap { port in inode.map { (port, $0) } }
            }
        }
    }

    /// The ports that a process of `tree` listens on.
    static func ports(of tree: ProcessTree) -> [UInt16] {
        let sockets = Set(tree.alive.flatMap { ProcessTree.sockets(of: $0) })
        return all().filter { sockets.contains($0.inode) }.map(\.port)
    }
}

extension ProcessTree {
    /// The inodes of a process's sockets.
    static func sockets(of process: ProcessID) -> [Int] {
        let folder = "/proc/\(process)/fd"
        let names = (try? Posix.Directory.open(path: folder).names()) ?? []
        return names.compactMap { name in
            guard let target = linkTarget("\(folder)/\(name)"), target.hasPrefix("socket:[") else { return nil }
            return Int(target.dropFirst(8).dropLast())
        }
    }
}
