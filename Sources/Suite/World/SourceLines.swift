/// What the symbols of a program say about an address in it: addr2line(1), asked once for each.

import Posix
import Synchronization
import SystemPackage

struct SourceLine: Equatable {
    var function: String?
    var file: String?
    var line: Int?
}

/// Nobody has addr2line who has no compiler; without it nothing is known, and that is no fault.
enum SourceLines {
    private static let known = Mutex<[String: [SourceLine]]>([:])
    private static let mostKnown = 10_000

    /// For each offset its line; where code was inlined several, the innermost first.
    static func of(_ offsets: [UInt64], in module: String) -> [UInt64: [SourceLine]] {
        guard let identity = identity(of: module) else { return [:] }
        func key(_ offset: UInt64) -> String { "\(identity) \(offset)" }
        var found: [UInt64: [SourceLine]] = [:]
        known.withLock { known in for offset in offsets { found[offset] = known[key(offset)] } }
        let missing = offsets.filter { found[$0] == nil }
        if missing.isEmpty { return found }
        let asked = ask(missing, in: module)
        known.withLock { known in
            if known.count > mostKnown { known = [:] }
            for offset in missing { known[key(offset)] = asked[offset] ?? [] }
        }
        return found.merging(asked) { $1 }
    }

    /// Each transcript has the program under another path, as another link to one file. It is not opened: it may be
    /// anything by now.
    private static func identity(of module: String) -> String? {
        guard let words = fingerprint(module)?.split(separator: " "), let mode = UInt32(words[0]),
            mode & 0o170000 == 0o100000
        else { return nil }
        return words.dropLast().joined(separator: " ")
    }

    private static func ask(_ offsets: [UInt64], in module: String) -> [UInt64: [SourceLine]] {
        let addresses = offsets.map { "0x" + String($0, radix: 16) }
        // Ten seconds: symbols of any size are read by then; a file that was made to last is given up.
        let arguments = ["10", "addr2line", "-a", "-f", "-C", "-i", "-e", module] + addresses
        guard let output = try? Spawn("timeout", arguments).output(), output.ending == .exited(0) else { return [:] }
        return parse(String(decoding: output.text, as: UTF8.self))
    }

    /// An address as 0x…, then function and file:line by turns.
    static func parse(_ text: String) -> [UInt64: [SourceLine]] {
        var found: [UInt64: [SourceLine]] = [:]
        var (address, function) = (UInt64?.none, Substring?.none)
        for line in text.split(separator: "\n") {
            if function == nil, line.hasPrefix("0x"), let next = UInt64(line.dropFirst(2), radix: 16) {
                address = next
                found[next] = []
            } else if let name = function, let address {
                found[address]?.append(SourceLine(name, line))
                function = nil
            } else {
                function = line
            }
        }
        return found
    }
}

extension SourceLine {
    /// - Parameter place: `server.cpp:141`, perhaps with ` (discriminator 2)`; `?` stands for what is not known.
    init(_ name: Substring, _ place: Substring) {
        if name != "??" { function = SourceLine.shortened(String(name)) }
        guard let colon = place.lastIndex(of: ":") else { return }
        if place[..<colon] != "??" { file = String(place[..<colon]) }
        line = Int(place[place.index(after: colon)...].prefix { $0.isNumber }).flatMap { $0 > 0 ? $0 : nil }
    }

    /// A function's qualified name: no parameters, no result type (templates show one), no compiler's parts.
    static func shortened(_ name: String) -> String {
        var rest = name[...]
        for part in [" [clone", " (.", ".cold", ".part", ".isra", ".constprop"] {
            if let found = rest.firstRange(of: part) { rest = rest[..<found.lowerBound] }
        }
        for suffix in [" const", " volatile", " &", " &&"] where rest.hasSuffix(suffix) {
            rest = rest.dropLast(suffix.count)
        }
        if rest.last == ")" {
            var depth = 0
            for index in rest.indices.reversed() {
                if rest[index] == ")" { depth += 1 }
                if rest[index] == "(" { depth -= 1 }
                guard depth == 0 else { continue }
                if !rest[..<index].hasSuffix("operator") { rest = rest[..<index] }
                break
            }
        }
        if !rest.contains("operator"), let blank = lastOuterBlank(rest) { rest = rest[rest.index(after: blank)...] }
        return String(rest.count > 100 ? rest.prefix(100) + "…" : rest)
    }

    private static func lastOuterBlank(_ name: Substring) -> Substring.Index? {
        var (depth, found) = (0, Substring.Index?.none)
        for index in name.indices {
            switch name[index] {
            case "<", "(", "{": depth += 1
            case ">", ")", "}": depth -= 1
            case " " where depth == 0: found = index
            default: break
            }
        }
        return found
    }
}
