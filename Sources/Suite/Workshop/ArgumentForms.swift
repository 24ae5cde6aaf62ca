/// The command lines that a server may expect for its port and spool; the form in its own usage text comes first.

import Posix

package enum ArgumentForms {
    /// What the course's servers expect, the sheet's own form first.
    package static let usual = ["{port} {spool}", "{spool} {port}", "{port}", ""]

    /// The form that a usage text shows: the words after the program's name, in the first line with a word for a port,
    /// such as "Usage: ./server -p <port> -d <mail-dir>". nil: there is no such line.
    package static func form(fromUsage text: String, of program: String) -> String? {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard let start = words.firstIndex(where: { $0.hasSuffix(name) }) else { continue }
            var (arguments, hasPort): ([String], Bool) = ([], false)
            for word in words[(start + 1)...] {
                let plain = word.filter { !"<>[]{}()\"',;".contains($0) }.lowercased()
                if plain.hasPrefix("-") {
                    arguments.append(plain)
                } else if ["port"].contains(where: plain.contains) {
                    arguments.append("{port}")
                    hasPort = true
                } else if ["spool", "dir", "path", "folder", "verzeichnis", "mail"].contains(where: plain.contains) {
                    arguments.append("{spool}")
                } else {
                    break
                }
            }
            if hasPort { return arguments.joined(separator: " ") }
        }
        return nil
    }
}
