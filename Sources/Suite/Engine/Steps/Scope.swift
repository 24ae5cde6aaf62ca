/// Looks up names and fills the holes of texts: in C lines, in S lines, and in arguments of macros.

import Bytes
import Posix
import Results
import SystemPackage
import Transcript
import World

/// Belongs to one thread.
final class Scope {
    private let transcript: Transcript
    private let world: World
    private(set) var frames: [Frame]
    private(set) var macros: [String: Macro]
    /// The line of the transcript that is being played, and the macros inside.
    var place = Place(line: 0)

    init(_ transcript: Transcript, _ world: World, frames: [Frame], macros: [String: Macro]) {
        (self.transcript, self.world, self.frames, self.macros) = (transcript, world, frames, macros)
    }

    var frame: Frame { frames[frames.count - 1] }
    func define(_ macro: Macro) { macros[macro.name] = macro }

    /// Plays `body` with `inner` as the frame at hand.
    func inside(_ inner: Frame, _ body: () throws(Stop) -> Void) throws(Stop) {
        frames.append(inner)
        defer { frames.removeLast() }
        try body()
    }

    /// A copy for one run of a `parallel`: the same names, its own connections.
    func forked(run: Int) -> Scope {
        let copies = frames.map { Frame(names: $0.names, macro: $0.macro, run: run) }
        copies[copies.count - 1].names["i"] = .bytes(Array(String(run).utf8))
        let scope = Scope(transcript, world, frames: copies, macros: macros)
        scope.place = place
        return scope
    }

    func fault(_ text: String) -> Stop { .fault(place, text) }

    /// The value of a hole. A name that the macro does not know is looked up in the transcript's own frame.
    func value(of name: String) throws(Stop) -> Value {
        if let found = lookUp(name) { return found }
        if name.hasSuffix(".password") {
            let user = String(name.dropLast(".password".count))
            var who = user
            if case .bytes(let bytes)? = lookUp(user) { who = String(decoding: bytes, as: UTF8.self) }
            guard let password = world.passwords[who] else { throw fault("the directory has no user \(who)") }
            return .bytes(password)
        }
        throw fault("there is no {\(name)} here")
    }

    private func lookUp(_ name: String) -> Value? {
        if let found = frame.names[name] ?? frames[0].names[name] { return found }
        let index = ["own": 0, "other": 1, "third": 2][name]
        return index.map { .bytes(Array(world.addresses[$0].utf8)) }
    }

    /// Pieces to send, with the line's end.
    func pieces(_ text: Text) throws(Stop) -> [FlightPiece] {
        var result: [FlightPiece] = []
        for piece in text.pieces {
            switch piece {
            case .literal(let bytes): result.append(.bytes(bytes))
            case .boundary: result.append(.boundary)
            case .hole(let name):
                switch try value(of: name) {
                case .bytes(let bytes): result.append(.bytes(bytes))
                case .payload(let payload): result.append(.payload(payload))
                }
            case .capture(let name, _): throw fault("{\(name):…} takes a value from the server; this is sent to it")
            }
        }
        if text.endsLine { result.append(.bytes([10])) }
        return result
    }

    func pattern(_ text: Text) throws(Stop) -> LinePattern {
        var result: [PatternPiece] = []
        for piece in text.pieces {
            switch piece {
            case .literal(let bytes): result.append(.literal(bytes))
            case .boundary: break
            case .capture(let name, let kind): result.append(.capture(name, kind))
            case .hole(let name):
                switch try value(of: name) {
                case .bytes(let bytes): result.append(.literal(bytes))
                case .payload(let payload): result.append(.payload(payload))
                }
            }
        }
        if text.endsLine { result.append(.literal([10])) }
        return LinePattern(result.joiningLiterals())
    }

    /// The value of a macro's argument, an address or a count. A single hole passes its value on at any size.
    func value(_ text: Text) throws(Stop) -> Value {
        if text.pieces.count == 1, case .hole(let name) = text.pieces[0] { return try value(of: name) }
        var whole = text
        whole.endsLine = false
        var bytes: [UInt8] = []
        for piece in try pieces(whole) {
            switch piece {
            case .bytes(let more): bytes += more
            case .payload(let payload):
                guard payload.count <= 1 << 20 else { throw fault("a payload this big can only stand alone") }
                bytes += payload[0..<payload.count]
            case .boundary: break
            }
        }
        return .bytes(bytes)
    }

    func string(_ text: Text) throws(Stop) -> String {
        guard case .bytes(let bytes) = try value(text) else { throw fault("a payload cannot stand here") }
        return String(decoding: bytes, as: UTF8.self)
    }

    func number(_ text: Text) throws(Stop) -> Int {
        let string = try string(text)
        guard let number = Int(string), number >= 0 else { throw fault("'\(string)' is no count") }
        return number
    }

    func value(_ generator: Generator) throws(Stop) -> Value {
        switch generator {
        case .lines(let bytes, let width, let seed): return .payload(.lines(bytes: bytes, width: width, seed: seed))
        case .bytes(let count, let seed): return .payload(.bytes(count: count, seed: seed))
        case .text(let text): return try value(text)
        case .repeated(let text, let count):
            guard case .bytes(let unit) = try value(text) else { throw fault("repeat wants a text") }
            let payload = Payload.repeated(unit, count: count)
            // A text that is longer than its two cut ends becomes a payload, so that byte cuts leave its middle whole.
            return payload.count <= 2 * Segmentation.cutEnds ? .bytes(payload[0..<payload.count]) : .payload(payload)
        case .file(let name):
            let folder = transcript.path.lastIndex(of: "/").map { transcript.path[...$0] } ?? ""
            do { return .bytes(try readFile(folder + name, limit: 1 << 26)) } catch {
                throw fault("cannot read \(folder + name): \(error)")
            }
        }
    }
}

extension [PatternPiece] {
    func joiningLiterals() -> [PatternPiece] {
        reduce(into: []) { result, piece in
            if case .literal(let more) = piece, case .literal(let bytes)? = result.last {
                result[result.count - 1] = .literal(bytes + more)
            } else {
                result.append(piece)
            }
        }
    }
}

extension LinePattern {
    /// For reports: "2⏎", "{n:int}⏎", "{payload of 10485760 bytes}⏎".
    var shown: String {
        pieces.map { piece in
            switch piece {
            case .literal(let bytes): Visible.line(bytes)
            case .payload(let payload): "{\(payload.count) bytes}"
            case .capture(let name, let kind):
                switch kind {
                case .int: "{\(name):int}"
                case .word: "{\(name):word}"
                case .line: "{\(name):line}"
                case .pattern(let pattern): "{\(name):/\(pattern)/}"
                }
            }
        }.joined()
    }
}
