/// Translates a reply to LIST from a server's layout into the sheet's: the count, then the subjects.

import Bytes

struct ListTranslator {
    private enum Part { case before(left: Int), count, entries(left: Int, line: Int), after(left: Int) }

    private let layout: Dialect.ListLayout
    private var part: Part
    /// The messages shown so far.
    private(set) var listed: [Listed] = []
    /// A number on another line of the entry than the subject's.
    private var numberBeside: [UInt8]?

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
        if layout.empty != Array("0\n".utf8) {
            let isZero = ProbeRecord.lines(of: layout.empty).contains { ProbeRecord.number(0, in: $0) != nil }
            deviations.note(isZero ? .listLayout : .emptyList, layout.empty.filter { $0 != 0 })
        }
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
        case .entries(let left, let number):
            let isSubject = number == layout.subjectLine
            let shown = isSubject ? entry(line, &held, &deviations) : beside(line, &held, &deviations)
            if number + 1 < layout.linesPerEntry {
                part = .entries(left: left, line: number + 1)
            } else if left == 1 {
                return after(shown, left: layout.linesAfter)
            } else {
                part = .entries(left: left - 1, line: 0)
            }
            return .part(shown)
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
        part = .entries(left: count, line: 0)
        return .part(value + [10])
    }

    private mutating func entry(
        _ line: HeldBytes.Line, _ held: inout HeldBytes, _ deviations: inout Deviations
    ) -> [UInt8] {
        guard layout.showsSubjects, let subject = layout.entry.value(in: line.text) else { return held.take(line) }
        let isBare = layout.entry.isBare
        listed.append(Listed(subject: Array(subject), number: isBare ? nil : number(beside: subject, in: line.text)))
        if isBare && (line.end == .lineFeed || line.end == .carriageReturn) { return held.take(line) }
        if !isBare { deviations.note(.listLayout, line.text) }
        deviations.noteEnd(of: line)
        held.remove(line)
        return subject + [10]
    }

    /// A line of an entry that is not its subject's.
    private mutating func beside(
        _ line: HeldBytes.Line, _ held: inout HeldBytes, _ deviations: inout Deviations
    ) -> [UInt8] {
        deviations.note(.listLayout, line.text)
        let digits = Array(line.text.drop { !$0.isDigit }.prefix(while: \.isDigit))
        if !digits.isEmpty { numberBeside = digits }
        held.remove(line)
        return []
    }

    /// The digits next before a subject, or else after it, or on a line of their own before it.
    private mutating func number(beside subject: ArraySlice<UInt8>, in line: ArraySlice<UInt8>) -> [UInt8]? {
        defer { numberBeside = nil }
        let before = line[..<subject.startIndex].reversed().drop { !$0.isDigit }.prefix(while: \.isDigit)
        if !before.isEmpty { return before.reversed() }
        let after = line[subject.endIndex...].drop { !$0.isDigit }.prefix(while: \.isDigit)
        return after.isEmpty ? numberBeside : Array(after)
    }

    private mutating func after(_ output: [UInt8], left: Int) -> Translation {
        if left == 0 { return .last(output) }
        part = .after(left: left)
        return .part(output)
    }
}

/// A message as LIST has shown it.
package struct Listed: Sendable, Equatable {
    package var subject: [UInt8]
    /// nil: its line shows none.
    package var number: [UInt8]?
}
