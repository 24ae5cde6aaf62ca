/// Translates a reply to READ from a server's layout into the sheet's.

struct MessageTranslator {
    private enum Part { case header(next: Int), text(TextTranslator), after(left: Int) }

    private let layout: Dialect.ReadLayout
    private var part: Part
    private var fields: [Dialect.Field: [UInt8]] = [:]

    init(_ layout: Dialect.ReadLayout) {
        self.layout = layout
        part = layout.header.isEmpty ? .text(TextTranslator(layout, isFirst: true)) : .header(next: 0)
    }

    /// What has come may be all of it.
    var endsAtRest: Bool {
        switch part {
        case .header: false
        case .text: !layout.hasFinalDot
        case .after: true
        }
    }

    /// Whether a message may have this as its first line.
    func begins(with line: ArraySlice<UInt8>) -> Bool {
        guard case .field(_, let decoration)? = layout.header.first else { return true }
        return decoration.value(in: line) != nil
    }

    mutating func next(_ held: inout HeldBytes, _ deviations: inout Deviations) -> Translation? {
        switch part {
        case .header(let next):
            if next == 0 && held.removeLeadingNULs() { deviations.note(.nul, [0]) }
            guard let line = held.line() else { return nil }
            return .part(header(line, next, &held, &deviations))
        case .text(var text):
            let translation = text.next(&held, &deviations)
            part = .text(text)
            guard case .last(let output)? = translation else { return translation }
            return after(output, left: layout.hasFinalDot ? layout.end.count { $0 == 10 } : 0)
        case .after(let left):
            guard let line = held.line() else { return held.mayGrow ? nil : .last([]) }
            held.remove(line)
            return after([], left: left - 1)
        }
    }

    private mutating func header(
        _ line: HeldBytes.Line, _ next: Int, _ held: inout HeldBytes, _ deviations: inout Deviations
    ) -> [UInt8] {
        if case .field(let field, let decoration) = layout.header[next] {
            guard let value = decoration.value(in: line.text) else {
                part = .text(TextTranslator(layout, isFirst: false))
                return shownFields + held.take(line)
            }
            fields[field] = Array(value)
        }
        held.remove(line)
        guard next + 1 == layout.header.count else {
            part = .header(next: next + 1)
            return []
        }
        if !layout.isBare { deviations.note(.readLayout, Array(layout.summary.utf8)) }
        part = .text(TextTranslator(layout, isFirst: true))
        return shownFields
    }

    private var shownFields: [UInt8] {
        Dialect.Field.allCases.flatMap { fields[$0].map { $0 + [10] } ?? [] }
    }

    private mutating func after(_ output: [UInt8], left: Int) -> Translation {
        if left == 0 { return .last(output) }
        part = .after(left: left)
        return .part(output)
    }
}
