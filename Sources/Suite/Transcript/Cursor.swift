/// A place in one line, and the small words of the language.

struct Cursor {
    let bytes: [UInt8]
    private(set) var index = 0
    /// The column of the first byte, from 1.
    let firstColumn: Int

    init(_ bytes: [UInt8], firstColumn: Int = 1) {
        self.bytes = bytes
        self.firstColumn = firstColumn
    }

    var column: Int { firstColumn + index }
    var isAtEnd: Bool { index == bytes.count }
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }
    var rest: ArraySlice<UInt8> { bytes[index...] }

    func fault(_ message: String) -> Fault { Fault(column: column, message: message) }

    mutating func advance(_ count: Int = 1) { index = min(bytes.count, index + count) }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    mutating func take(_ text: StaticString) -> Bool {
        let text = Array(text.description.utf8)
        guard rest.starts(with: text) else { return false }
        index += text.count
        return true
    }

    mutating func take(while fits: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: fits)
        index = taken.endIndex
        return taken
    }

    mutating func skipBlanks() { _ = take { $0 == UInt8(ascii: " ") } }

    /// The bytes up to the next blank; skips the blanks before it. Empty at the end of the line.
    mutating func word() -> String {
        skipBlanks()
        return String(decoding: take { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }

    /// `what` completes "give …".
    mutating func word(_ what: String) throws(Fault) -> String {
        skipBlanks()
        guard !isAtEnd else { throw fault("something is missing: give \(what)") }
        return word()
    }

    /// One of the raw values of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ what: String
    ) throws(Fault) -> Choice where Choice.RawValue == String {
        skipBlanks()
        let here = fault("give \(what): " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        guard let choice = Choice(rawValue: word()) else { throw here }
        return choice
    }

    /// "a name": small letters, digits and "-", a letter first.
    mutating func name(_ what: String) throws(Fault) -> String {
        skipBlanks()
        let start = self
        guard let first = peek, isSmallLetter(first) else {
            throw fault("give \(what): small letters, digits and \"-\", a letter first")
        }
        let name = take { isSmallLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        if let byte = peek, byte == UInt8(ascii: "_") || isCapital(byte) || byte >= 0x80 {
            throw start.fault("\(what) is made of small letters, digits and \"-\"")
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Digits: the number of a connection, of repeats, of binds.
    mutating func number(_ what: String, from least: Int = 1) throws(Fault) -> Int {
        skipBlanks()
        let here = fault("give \(what) as a number from \(least) to 1000000")
        let digits = take(while: isDigit)
        guard let number = Int(String(decoding: digits, as: UTF8.self)), number >= least, number <= 1_000_000,
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { throw here }
        return number
    }

    mutating func end() throws(Fault) {
        skipBlanks()
        guard isAtEnd else { throw fault("\"\(shown(rest))\" is too much: the line could end before it") }
    }
}

func isSmallLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
