/// Finds the folders that a build misses because git keeps no empty ones (obj/, bin/), in the build's own output.

import Posix

package enum MissingFolders {
    /// Relative to where the build was started, each once, in the order met.
    ///
    /// Compilers, linkers and shells all name the file that they cannot create. A file that a compiler cannot read ends
    /// with .h or the like; a folder for it would not help.
    package static func named(in output: [UInt8], from top: String) -> [String] {
        var (found, places): ([String], [String]) = ([], [])
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            if let place = quoted(line, after: "Entering directory ") { places.append(place) }
            if line.contains("Leaving directory ") { _ = places.popLast() }
            let path: String?
            if line.contains("No such file or directory") || line.contains("irectory nonexistent") {
                path = words(line).first(where: mayBeMade)
            } else if line.contains("No rule to make target"), let target = quoted(line, after: "target "),
                let reason = quoted(line, after: "needed by "), reason.hasPrefix(target + "/")
            {
                path = target + "/"
            } else {
                path = nil
            }
            guard let path, let slash = path.lastIndex(of: "/") else { continue }
            let inner = places.last.flatMap {
                $0.hasPrefix(top + "/") ? String($0.dropFirst(top.utf8.count + 1)) + "/" : nil
            }
            let folder = (inner ?? "") + path[..<slash].drop { $0 == "/" }
            if !found.contains(folder) { found.append(folder) }
        }
        return found
    }

    private static func mayBeMade(_ word: String) -> Bool {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, !word.hasPrefix("/"), !parts.contains("..") else { return false }
        return ![".h", ".hpp", ".hh", ".c", ".cc", ".cpp", ".cxx"].contains { word.hasSuffix($0) }
    }

    private static func words(_ line: Substring) -> [String] {
        line.split { " '\"`:,;()[]‘’".contains($0) }.map(String.init)
    }

    private static func quoted(_ line: Substring, after lead: String) -> String? {
        let bytes = Array(line.utf8)
        guard let found = bytes.firstRange(of: Array(lead.utf8)) else { return nil }
        let rest = bytes[found.upperBound...].drop { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "`") }
        return String(decoding: rest.prefix { $0 != UInt8(ascii: "'") }, as: UTF8.self)
    }
}
