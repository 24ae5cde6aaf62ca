/// The stored corpus: what a fuzzer has found worth keeping, and every input that once was a fault.

import Foundation
import Testing

@Suite struct `The fuzzed parsers` {
    @Test(arguments: FuzzTarget.allCases)
    func `take every stored input, and each of its beginnings, as they should`(target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(target.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count >= 5)
        for name in names.sorted() {
            let input = Array(try Data(contentsOf: folder.appending(path: name)))
            for length in Set([0, 1, input.count / 4, input.count / 2, max(0, input.count - 1), input.count]) {
                if let fault = target.fault(in: Array(input[..<length])) {
                    Issue.record("\(name), \(length) bytes: \(fault)")
                }
            }
        }
    }
}
