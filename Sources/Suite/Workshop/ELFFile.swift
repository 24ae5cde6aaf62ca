/// Finds the programs in a folder: which files are ELF executables, and which of them is the server.

import Posix
import SystemPackage
import World

/// What the first bytes of a file say (elf(5)).
struct ELFFile {
    private enum Kind: UInt16 { case object = 1, executable, shared }
    private let kind: Kind
    private let isMarkedRunnable: Bool
    private let isLibrary: Bool

    /// nil for anything else, links too.
    init?(_ path: String) {
        guard linkTarget(path) == nil, !isFolder(path), let head = try? readFile(path, limit: 18), head.count == 18,
            head.starts(with: [0x7f, 0x45, 0x4c, 0x46]),
            let kind = Kind(rawValue: UInt16(head[16]) | UInt16(head[17]) << 8)
        else { return nil }
        self.kind = kind
        isMarkedRunnable = isRunnable(path)
        isLibrary = path.hasSuffix(".so") || path.contains(".so.")
    }

    var isProgram: Bool { kind != .object && isMarkedRunnable && !isLibrary }
    /// An object file or a program, but no library: a library may have come with the sources.
    var isMadeByABuild: Bool { kind == .object || isProgram }
}

package enum ServerBinary {
    /// The paths of all programs, relative to `folder`, sorted.
    package static func programs(in folder: String) -> [String] {
        var (found, folders): ([String], [String]) = ([], [""])
        while let place = folders.popLast(), found.count < 1000 {
            let names = (try? Posix.Directory.open(path: folder + "/" + place))?.allNames ?? []
            for name in names {
                let path = place.isEmpty ? name : place + "/" + name
                if isFolder("\(folder)/\(path)") {
                    if name != ".git" && name != "CMakeFiles" { folders.append(path) }
                } else if ELFFile("\(folder)/\(path)")?.isProgram ?? false {
                    found.append(path)
                }
            }
        }
        return found.sorted()
    }

    /// The program whose name says that it is the server, or else the only one that can be it.
    package static func choose(among programs: [String]) -> String? {
        func name(_ path: String) -> String { lastPart(of: path).lowercased() }
        let possible = programs.filter { !name($0).contains("client") && !name($0).contains("test") }
        let servers = possible.filter { name($0).contains("server") }
        if let shortest = servers.min(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) { return shortest }
        return possible.count == 1 ? possible[0] : nil
    }
}

extension Posix.Directory {
    fileprivate var allNames: [String] { (try? names()) ?? [] }
}
