/// A transcript back to bytes: unchanged steps as they were written, changed and new ones in the usual form.

extension Transcript {
    package func printed() -> [UInt8] {
        var lines: [[UInt8]] = []
        if let writtenHeader, writtenHeader.header == header {
            lines = writtenHeader.lines
        } else {
            lines = header.printed().map { Array($0.utf8) }
            if steps.first.map({ $0.action != .blank }) ?? false { lines.append([]) }
        }
        lines += steps.flatMap { $0.printed(depth: 0) }
        return Array((lines + [[]]).joined(separator: [0x0a]))
    }

    /// As if nothing had been written by hand.
    package func canonical() -> Transcript {
        Transcript(path: path, header: header, steps: steps.map { $0.canonical() })
    }
}

extension Header {
    fileprivate func printed() -> [String] {
        var lines = ["format:  1", "title:   \(title)"]
        func add(_ key: String, _ values: [String]) {
            guard !values.isEmpty else { return }
            let label = key + ":"
            let gap = String(repeating: " ", count: max(1, 9 - label.count))
            lines.append(label + gap + values.joined(separator: ", "))
        }
        add("needs", needs.map(\.rawValue))
        add("users", users)
        add("tags", tags)
        add("timeout", timeout.map { [$0.written()] } ?? [])
        add("limits", limits)
        add("foundation", foundation.map { [$0] } ?? [])
        return lines
    }
}

extension Step {
    fileprivate func printed(depth: Int) -> [[UInt8]] {
        if action == .blank { return [[]] }
        let margin = [UInt8](repeating: UInt8(ascii: " "), count: depth * 2)
        var lines = [margin + (source ?? action.printed())]
        guard let bodies = action.bodies else { return lines }
        for (index, body) in bodies.enumerated() {
            if index > 0 { lines.append(margin + Array("or".utf8)) }
            lines += body.flatMap { $0.printed(depth: depth + 1) }
        }
        return lines + [margin + Array("end".utf8)]
    }

    fileprivate func canonical() -> Step {
        guard let bodies = action.bodies else { return Step(line: line, action: action) }
        return Step(line: line, action: action.with(bodies: bodies.map { $0.map { $0.canonical() } }))
    }
}

extension Action {
    /// The steps inside a block, nil for a step of one line; several for an `either`.
    package var bodies: [[Step]]? {
        switch self {
        case .define(_, _, _, _, let body), .repeated(_, let body), .parallel(_, let body), .unordered(let body): [body]
        case .either(let bodies): bodies
        default: nil
        }
    }

    /// The same block around other steps; a step of one line stays as it is.
    package func with(bodies: [[Step]]) -> Action {
        switch self {
        case .define(let name, let parameters, let options, let given, _):
            .define(name: name, parameters: parameters, options: options, given: given, body: bodies[0])
        case .repeated(let count, _): .repeated(count, body: bodies[0])
        case .parallel(let count, _): .parallel(count, body: bodies[0])
        case .unordered: .unordered(body: bodies[0])
        case .either: .either(bodies)
        default: self
        }
    }

    /// The first line, without indentation.
    fileprivate func printed() -> [UInt8] {
        switch self {
        case .blank: return []
        case .comment(let text): return Array("#\(text)".utf8)
        case .clause(let id, let level, let prose): return Array("[\(id) \(level.rawValue)] \(prose)".utf8)
        case .setup: return Array("[setup]".utf8)
        case .given(let id, let prose): return Array("[given \(id)] \(prose)".utf8)
        case .send(let client, let sent): return labelled("C\(client):", sent.printed())
        case .expect(let client, let optional, let expected):
            return labelled("S\(client)\(optional ? "?" : ""):", expected.printed())
        case .call(let name, let client, let arguments, let options):
            let connection = client.isEmpty ? [] : [Array("C\(client)".utf8)]
            return spaced(["do", name], connection + options.map { $0.printed() } + arguments.map { $0.argument() })
        case .define(let name, let parameters, let options, let given, _):
            let tag = given.map { [Array("[given \($0)]".utf8)] } ?? []
            return spaced(["def", name] + parameters, options.map { $0.printed() } + tag)
        case .bind(let name, let generator): return spaced(["let", name, "="], [generator.printed()])
        case .repeated(let count, _): return spaced(["repeat"], [count.argument()])
        case .parallel(let count, _): return spaced(["parallel"], [count.argument()])
        case .unordered: return Array("unordered".utf8)
        case .either: return Array("either".utf8)
        case .world(let action): return Array(action.printed().utf8)
        }
    }
}

private func labelled(_ label: String, _ text: [UInt8]) -> [UInt8] {
    text.isEmpty ? Array(label.utf8) : Array("\(label) ".utf8) + text
}

private func spaced(_ words: [String], _ texts: [[UInt8]]) -> [UInt8] {
    Array((words.map { Array($0.utf8) } + texts).joined(separator: [UInt8(ascii: " ")]))
}

extension NamedText {
    fileprivate func printed() -> [UInt8] {
        value.pieces.isEmpty ? Array("\(key)=".utf8) : Array("\(key)=".utf8) + value.argument()
    }
}
