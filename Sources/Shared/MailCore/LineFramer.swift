/// A connection's input in one bounded buffer, handed out as lines or as blocks of a message.

package struct LineFramer: ~Copyable {
    /// A verb or argument line longer than this is refused, in bytes without its LF (FRAME-12).
    package static let maximumLine = 1_024
    /// So many bytes without an LF end the connection (FRAME-13). They are all the buffer there may be.
    package static let capacity = 65_536
    /// Enough for most sessions. The rest comes when a read has filled it: a page that is never touched costs
    /// neither time nor memory.
    private static let firstCapacity = 2_048

    package enum Line: Equatable, Sendable {
        /// Without its LF.
        case text([UInt8])
        case tooLong
    }

    package enum Progress: Equatable { case line(Line), needsInput, overflow }

    private var buffer = [UInt8](repeating: 0, count: LineFramer.firstCapacity)
    private var pending = 0..<0
    /// Up to here there is no LF in `pending`.
    private var scanned = 0

    package init() {}

    package var isEmpty: Bool { pending.isEmpty }

    /// Lets `source` put bytes into the free part of the buffer; it returns how many (0: end of input).
    package mutating func fill<Failure: Error>(
        _ source: (inout [UInt8], Range<Int>) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        if pending.upperBound == buffer.count, buffer.count < LineFramer.capacity {
            grow()
        } else if pending.upperBound == buffer.count || pending.isEmpty {
            moveToFront()
        }
        precondition(pending.upperBound < buffer.count, "a full buffer is an overflow, not a reason to read")
        let count = try source(&buffer, pending.upperBound..<buffer.count)
        pending = pending.lowerBound..<(pending.upperBound + count)
        return count
    }

    private mutating func grow() {
        var larger = [UInt8](repeating: 0, count: LineFramer.capacity)
        for (index, place) in pending.enumerated() { larger[index] = buffer[place] }
        wipe(0..<buffer.count)  // LOGIN-13: there may be a password in it
        buffer = larger
        beginWithPending()
    }

    // Byte by byte: a slice of the buffer would make the buffer a copy, and free the old one as it is.
    private mutating func moveToFront() {
        for (index, place) in pending.enumerated() { buffer[index] = buffer[place] }
        wipe(max(pending.lowerBound, pending.count)..<pending.upperBound)  // LOGIN-13: the same
        beginWithPending()
    }

    private mutating func beginWithPending() {
        scanned -= pending.lowerBound
        pending = 0..<pending.count
    }

    // Not inlined: of a buffer that is about to be freed the optimiser would leave the zeros out.
    @inline(never) private mutating func wipe(_ range: Range<Int>) {
        for index in range { buffer[index] = 0 }
    }

    /// The next whole line, if it is there.
    package mutating func nextLine() -> Progress {
        guard let end = buffer[max(scanned, pending.lowerBound)..<pending.upperBound].firstIndex(of: UInt8(ascii: "\n"))
        else {
            scanned = pending.upperBound
            return pending.count == LineFramer.capacity ? .overflow : .needsInput
        }
        let line = buffer[pending.lowerBound..<end]
        pending = (end + 1)..<pending.upperBound
        scanned = pending.lowerBound
        return .line(line.count > LineFramer.maximumLine ? .tooLong : .text(Array(line)))  // FRAME-12
    }

    /// Hands what is there of the message to `body` and says whether that was its end.
    package mutating func nextBlock<Failure: Error>(
        _ scanner: inout BodyScanner, _ body: (borrowing Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        let (count, ended) = scanner.scan(buffer.span.extracting(pending))
        let block = pending.lowerBound..<(pending.lowerBound + count)
        pending = block.upperBound..<pending.upperBound
        scanned = pending.lowerBound
        try body(buffer.span.extracting(block))
        return ended
    }

    /// Forgets what lies before the pending bytes: a password stays in no buffer (LOGIN-13).
    package mutating func wipeConsumed() {
        wipe(0..<pending.lowerBound)
    }
}
