/// `do`: macros of the dialect and of the transcript.

import Bytes
import Dialects
import Posix
import Results
import Transcript

extension Interpreter {
    func call(_ name: String, _ client: String, _ arguments: [Text], _ options: [NamedText]) throws(Stop) {
        guard let macro = scope.macros[name] else {
            if name == "find" {
                finds = true
                defer { finds = false }
                return try judged { () throws(Stop) in try find(client, arguments, options) }
            }
            throw scope.fault("there is no macro '\(name)'")
        }
        if name == "missing", wire.options.tolerance?.countsFromZero == true, arguments.first == .zero {
            throw .untested("the numbers of this server begin with 0")
        }
        guard arguments.count == macro.parameters.count else {
            throw scope.fault("'\(name)' takes \(macro.parameters.count) arguments, not \(arguments.count)")
        }
        var names: [String: Value] = [:]
        for (parameter, argument) in zip(macro.parameters, arguments) { names[parameter] = try scope.value(argument) }
        for option in options {
            guard macro.options.contains(where: { $0.key == option.key }) else {
                throw scope.fault("'\(name)' has no option '\(option.key)='")
            }
            names[option.key] = try scope.value(option.value)
        }
        let path = macro.path ?? String(lastPart(of: performance.transcript.path))
        let inner = Frame(
            names: names, current: scope.frame.connection(client), macro: (name, path, macro.given),
            run: scope.frame.run)
        scope.place.inside.append("\(path), in do \(name)")
        defer { scope.place.inside.removeLast() }
        try scope.inside(inner) { () throws(Stop) in
            for option in macro.options where inner.names[option.key] == nil {
                inner.names[option.key] = try scope.value(option.value)
            }
            try play(macro.body)
            guard !inner.connections.isEmpty else { return }
            try wire.releaseFlight()
            try expectations.close(inner)
        }
    }
}

extension Text {
    fileprivate static let zero = Text(pieces: [.literal(Array("0".utf8))])
}
