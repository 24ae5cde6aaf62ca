/// The events of C and S lines, `<…>`.

extension Cursor {
    mutating func sentEvent() throws(Fault) -> Sent {
        let event: Sent
        if take("<connect>") {
            event = .connect(from: nil)
        } else if take("<connect from=") {
            // The address ends at the bracket.
            var address = Cursor(Array(rest.prefix { $0 != UInt8(ascii: ">") }), firstColumn: column)
            guard !address.isAtEnd else { throw fault("give an address or a hole, or leave from= away") }
            event = .connect(from: try address.text(.argument))
            try address.end()
            advance(address.bytes.count)
            guard take(UInt8(ascii: ">")) else { throw fault("close the event with >") }
        } else if take("<half-close>") {
            event = .halfClose
        } else if take("<close>") {
            event = .close
        } else if take("<reset>") {
            event = .reset
        } else if take("<stop reading>") {
            event = .stopReading
        } else if take("<read again>") {
            event = .readAgain
        } else if take("<pause ") {
            event = .pause(try timeInBrackets())
        } else {
            throw fault(
                "no such event: there are <connect> <connect from=…> <half-close> <close> <reset> <pause 50ms> "
                    + "<stop reading> <read again>; a text that begins with < is written \\<")
        }
        try end()
        return event
    }

    mutating func expectedEvent() throws(Fault) -> Expected {
        let event: Expected
        if take("<eof>") {
            event = .eof
        } else if take("<reset>") {
            event = .reset
        } else if take("<closed>") {
            event = .closed
        } else if take("<nothing>") {
            event = .nothing
        } else if take("<silence ") {
            event = .silence(try timeInBrackets())
        } else {
            throw fault(
                "no such event: there are <eof> <reset> <closed> <nothing> <silence 300ms>; "
                    + "a text that begins with < is written \\<")
        }
        try end()
        return event
    }

    /// "300ms>"
    private mutating func timeInBrackets() throws(Fault) -> Duration {
        let here = fault("give a time, such as 300ms, and close the event with >")
        let text = String(decoding: take { $0 != UInt8(ascii: ">") }, as: UTF8.self)
        guard let time = Duration(written: text), take(UInt8(ascii: ">")) else { throw here }
        return time
    }
}
