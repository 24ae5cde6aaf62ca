/// What the questions to a record have in common: lines, numbers and names, and what stands around them.

import Bytes

extension ProbeRecord {
    /// What stands around a number that stands alone; nil: it does not occur.
    static func number(_ number: Int, in line: ArraySlice<UInt8>) -> Dialect.Decoration? {
        let digits = Array(String(number).utf8)
        var start = line.startIndex
        while let first = line[start...].firstIndex(where: \.isDigit) {
            let run = line[first...].prefix(while: \.isDigit)
            if run.elementsEqual(digits) {
                return Dialect.Decoration(
                    before: Dialect.Sample(line[..<first]), after: Dialect.Sample(line[run.endIndex...]))
            }
            start = run.endIndex
        }
        return nil
    }

    static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.filter { $0 != 0 }[...].split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines.map { $0.last == 13 ? $0.dropLast() : $0 }
    }

    static func split(_ line: ArraySlice<UInt8>, at value: [UInt8]) -> Dialect.Decoration? {
        line.firstRange(of: value).map { range in
            Dialect.Decoration(
                before: Dialect.Sample(line[..<range.lowerBound]), after: Dialect.Sample(line[range.upperBound...]))
        }
    }

    static func word(_ name: String, in line: ArraySlice<UInt8>) -> Dialect.Decoration? {
        guard let around = split(line, at: Array(name.utf8)) else { return nil }
        let touches = around.before.bytes.last?.isNameByte ?? false || around.after.bytes.first?.isNameByte ?? false
        return touches ? nil : around
    }

    /// Names beside a subject differ from mail to mail.
    func masked(_ around: Dialect.Decoration) -> Dialect.Decoration {
        func masked(_ sample: Dialect.Sample) -> Dialect.Sample {
            var bytes = sample.bytes
            for name in [sender, receiver] {
                if let around = ProbeRecord.word(name, in: bytes[...]) {
                    bytes = around.before.bytes + [Dialect.Sample.word] + around.after.bytes
                }
            }
            return Dialect.Sample(bytes)
        }
        return Dialect.Decoration(before: masked(around.before), after: masked(around.after))
    }
}
