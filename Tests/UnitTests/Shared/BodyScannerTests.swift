import MailCore
import Testing

@Suite struct BodyScannerTests {
    /// What the sheet says, as plainly as it can be written: the message ends behind the first line ".".
    private func plainEnd(_ bytes: [UInt8]) -> Int? {
        var lineStart = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            if bytes[lineStart..<index] == [UInt8(ascii: ".")] { return index + 1 }
            lineStart = index + 1
        }
        return nil
    }

    private func end(of bytes: [UInt8], cutInto size: Int) -> Int? {
        var scanner = BodyScanner()
        var taken = 0
        while taken < bytes.count {
            let block = Array(bytes[taken..<min(bytes.count, taken + size)])
            let (count, ended) = scanner.scan(block.span)
            taken += count
            if ended { return taken }
            #expect(count == block.count, "what does not end the message belongs to it")
        }
        return nil
    }

    @Test func `every short text ends where the sheet says, in any cut`() {
        let alphabet = Array("\n.\r\0a".utf8)
        for length in 0...6 {
            var combination = [Int](repeating: 0, count: length)
            while true {
                let bytes = combination.map { alphabet[$0] } + Array("\n.\n.\n".utf8)
                for size in 1...bytes.count where end(of: bytes, cutInto: size) != plainEnd(bytes) {
                    Issue.record("\(bytes) in cuts of \(size)")
                }
                guard let position = combination.firstIndex(where: { $0 < alphabet.count - 1 }) else { break }
                combination[position] += 1
                for lower in 0..<position { combination[lower] = 0 }
            }
        }
    }

    @Test(arguments: 0..<40) func `the end is found at every distance from the start of a block`(distance: Int) {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: distance) + Array("\n.x\n..\n .\n.\r\n.\nLIST\n".utf8)
        for size in 1...bytes.count { #expect(end(of: bytes, cutInto: size) == plainEnd(bytes)) }
    }
}
