/// Hands on a message's text as it arrives, up to its dot, or up to the server's silence if there is none.

struct TextTranslator {
    private let layout: Dialect.ReadLayout
    private var awaitsLabel: Bool
    /// The last byte handed on ended a line.
    private var isAtLineStart = true

    /// - Parameter isFirst: nothing of the text has been handed on, so that what stands before it may come.
    init(_ layout: Dialect.ReadLayout, isFirst: Bool) {
        self.layout = layout
        awaitsLabel = isFirst && !layout.beforeBody.bytes.isEmpty
    }

    mutating func next(_ held: inout HeldBytes, _ deviations: inout Deviations) -> Translation? {
        if awaitsLabel {
            if held.bytes.count < layout.beforeBody.bytes.count && held.mayGrow { return nil }
            if let length = layout.beforeBody.length(in: held.bytes[...]) { held.removeFirst(length) }
            awaitsLabel = false
        }
        return layout.hasFinalDot ? upToDot(&held, &deviations) : upToRest(&held, &deviations)
    }

    private mutating func upToDot(_ held: inout HeldBytes, _ deviations: inout Deviations) -> Translation? {
        var (output, rest): ([UInt8], ArraySlice<UInt8>) = ([], held.bytes[...])
        defer { held.removeFirst(held.bytes.count - rest.count) }
        while !rest.isEmpty {
            if layout.hasEmptyLineBeforeDot, isAtLineStart, rest.first == 10 {
                guard let isLast = whetherLast(rest.dropFirst()) ?? (held.mayGrow ? nil : false) else { break }
                if isLast {
                    deviations.note(.textEnd, Array("\n.\n".utf8))
                    rest.removeFirst()
                    continue
                }
            }
            if isAtLineStart, rest.first == UInt8(ascii: ".") {
                let after = rest.dropFirst()
                let isFinal = whetherFinal(after)
                if isFinal == nil && held.mayGrow { break }
                if isFinal ?? true {
                    rest = after.first == 13 && after.dropFirst().first == 10 ? after.dropFirst() : after
                    if rest.first == 10 { rest.removeFirst() } else { deviations.note(.lineEnd, [UInt8(ascii: ".")]) }
                    return .last(output + Array(".\n".utf8))
                }
            }
            let next = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
            output += rest[..<next]
            rest = rest[next...]
            isAtLineStart = output.last == 10
        }
        return output.isEmpty ? nil : .part(output)
    }

    /// Whether an empty line with this behind it is the one that the server adds; nil: more must come.
    private func whetherLast(_ after: ArraySlice<UInt8>) -> Bool? {
        guard let first = after.first else { return nil }
        return first == UInt8(ascii: ".") ? whetherFinal(after.dropFirst()) : false
    }

    /// Whether a dot with this behind it ends the reply, as one does that ends as the probed one did; nil: it does if
    /// nothing else comes.
    private func whetherFinal(_ after: ArraySlice<UInt8>) -> Bool? {
        let ends: Set<UInt8> = [10, 0, 13]
        guard let first = after.first else { return nil }
        if layout.dotEnd.isEmpty ? ends.contains(first) : after.starts(with: layout.dotEnd) { return true }
        return after.allSatisfy(ends.contains) ? nil : false
    }

    /// Keeps back as much as the reply's end has bytes; what it says is known once the server rests.
    private mutating func upToRest(_ held: inout HeldBytes, _ deviations: inout Deviations) -> Translation? {
        let end = layout.end
        if held.mayGrow {
            guard held.bytes.count > end.count else { return nil }
            let output = Array(held.bytes.dropLast(end.count))
            held.removeFirst(output.count)
            isAtLineStart = output.last == 10
            return .part(output)
        }
        let fits = held.bytes.count >= end.count && held.bytes.suffix(end.count).elementsEqual(end)
        var output = fits ? Array(held.bytes.dropLast(end.count)) : held.bytes
        held.removeAll()
        if let last = output.last { isAtLineStart = last == 10 }
        if fits || !isAtLineStart { output.append(10) }
        deviations.note(.finalDot, end)
        if end.contains(0) { deviations.note(.nul, end) }
        return .last(output + Array(".\n".utf8))
    }
}
