/// Translates a reply to LIST from a server's layout into the sheet's: the count, then the subjects.

import Bytes

struct ListTranslator {
    private enum Part { case before(left: Int), count, entries(left: Int), after(left: Int) }

    private let layout: Dialect.ListLayout
    private var part: Part

    init(_ layout: Dialect.ListLayout) {
        self.layout = layout
        part = layout.linesBefore > 0 ? .before(left: layout.linesBefore) : .count
    }

    /// What has come may be all of it.
    var endsAtRest: Bool { if case .after = part { true } else { false } }

    /// The whole answer where there is no mail; nil when it is another one.
    func empty(_ held: inout HeldBytes, _ deviations: inout Deviations) -> [UInt8]? {
        guard !layout.empty.isEmpty, held.bytes.starts(with: layout.empty) else { return nil }
        held.removeFirst(layout.empty.count)
        if layout.empty != Array("0\n".utf8) { deviations.note(.listLayout, layout.empty.filter { $0 != 0 }) }
        if layout.empty.contains(0) { deviations.note(.nul, layout.empty) }
        return Array("0\n".utf8)
    }

    mutating func next(_ held: inout HeldBytes, _ deviations: inout Deviations) -> Translation? {
        if case .count = part, held.removeLeadingNULs() { deviations.note(.nul, [0]) }
        guard let line = held.line() else { return endsAtRest && !held.mayGrow ? .last([]) : nil }
        switch part {
        case .before(let left):
            deviations.note(.listLayout, line.text)
            held.remove(line)
            part = left > 1 ? .before(left: left - 1) : .count
            return .part([])
        case .count: return count(line, &held, &deviations)
        case .entries(let left):
            let subject = entry(line, &held, &deviations)
            if left == 1 { return after(subject, left: layout.linesAfter) }
            part = .entries(left: left - 1)
            return .part(subject)
        case .after(let left):
            deviations.note(.listLayout, line.text)
            held.remove(line)
            return after([], left: left - 1)
        }
    }

    private mutating func count(
        _ line: HeldBytes.Line, _ held: inout HeldBytes, _ deviations: inout Deviations
    ) -> Translation {
        guard let value = layout.count.value(in: line.text), !value.isEmpty, value.allSatisfy(\.isDigit),
            let count = Int(String(decoding: value, as: UTF8.self))
        else { return .last(held.take(line)) }
        if !layout.count.isBare { deviations.note(.listLayout, line.text) }
        deviations.noteEnd(of: line)
        held.remove(line)
        if count == 0 { return after(value + [10], left: layout.linesAfter) }
        part = .entries(left: count)
        return .part(value + [10])
    }

    private func entry(
        _ line: HeldBytes.Line, _ held: inout HeldBytes, _ deviations: inout Deviations
    ) -> [UInt8] {
        guard let subject = layout.entry.value(in: line.text) else { return held.take(line) }
        let isBare = layout.entry.isBare
        if isBare && (line.end == .lineFeed || line.end == .carriageReturn) { return held.take(line) }
        if !isBare { deviations.note(.listLayout, line.text) }
        deviations.noteEnd(of: line)
        held.remove(line)
        return subject + [10]
    }

    private mutating func after(_ output: [UInt8], left: Int) -> Translation {
        if left == 0 { return .last(output) }
        part = .after(left: left)
        return .part(output)
    }
}
