/// Bytes in, `Transcript` out.

extension Transcript {
    /// A dialect file holds the header and `def`s only.
    package enum Kind: Sendable { case transcript, dialect }

    /// Throws every fault of the file that can be told apart, not only the first.
    package static func parse(
        _ bytes: [UInt8], path: String, as kind: Kind = .transcript
    ) throws(ParseErrors) -> Transcript {
        fatalError()
    }

    /// The file again: unchanged steps as they were written, changed ones in the usual form.
    package func printed() -> [UInt8] { [] }
}
struct WrittenHeader: Sendable, Equatable { var header: Header; var lines: [[UInt8]] }
