/// How to build a folder of sources: where its Makefile or CMakeLists.txt is, and which command builds it there.

import Posix
import SystemPackage
package import World

package struct BuildPlan: Sendable, Equatable {
    /// For `sh -c`.
    package var command: String
    /// The folder, inside the server's, in which the command runs; empty: at its top.
    package var place: String

    package init(command: String, place: String) { (self.command, self.place) = (command, place) }

    /// How to build a folder, if there is something to build: at its top, or else one or two levels below.
    /// - Throws: `.serverDidNotStart` when the folder holds several builds.
    package static func find(in folder: String) throws(WorldFailure) -> BuildPlan? {
        var level = [""]
        for _ in 0..<3 {
            let found = level.compactMap { plan(in: folder, at: $0) }
            if found.count > 1, case let servers = found.filter({ $0.place.lowercased().contains("server") }),
                servers.count != 1
            {
                let places = found.map(\.place).joined(separator: ", ")
                throw .serverDidNotStart("\(folder) has something to build in \(places); say which with --build")
            }
            if let plan = found.first(where: { $0.place.lowercased().contains("server") }) ?? found.first {
                return plan
            }
            level = level.flatMap { subfolders(of: folder, at: $0) }
            if level.count > 500 { return nil }
        }
        return nil
    }

    private static func plan(in folder: String, at place: String) -> BuildPlan? {
        let here = folder + "/" + place
        let isCMake = fingerprint(here + "/CMakeLists.txt") != nil
        let makefile = ["GNUmakefile", "makefile", "Makefile"].first { fingerprint("\(here)/\($0)") != nil }
        if let makefile {
            // A CMake cache holds the path of the place where CMake ran.
            let text = String(decoding: (try? readFile("\(here)/\(makefile)", limit: 200)) ?? [], as: UTF8.self)
            if !(isCMake && text.hasPrefix("# CMAKE generated")) { return BuildPlan(command: "make", place: place) }
        }
        return isCMake ? BuildPlan(command: "cmake -S . -B build && cmake --build build", place: place) : nil
    }

    private static func subfolders(of folder: String, at place: String) -> [String] {
        let here = folder + "/" + place
        let names = ((try? Posix.Directory.open(path: here))?.visibleNames ?? []).sorted()
        return names.filter { isFolder(here + "/" + $0) && $0 != "build" }.map { place.isEmpty ? $0 : place + "/" + $0 }
    }

    /// What is not copied: results of an earlier build, and folders that have nothing to do with building.
    package static func isLeftOut(_ path: String) -> Bool {
        if [".git", "CMakeCache.txt", "CMakeFiles"].contains(lastPart(of: path)) { return true }
        return ELFFile(path)?.isMadeByABuild ?? false
    }
}

extension Posix.Directory {
    fileprivate var visibleNames: [String] { ((try? names()) ?? []).filter { !$0.hasPrefix(".") } }
}
