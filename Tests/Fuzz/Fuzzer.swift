/// libFuzzer's door to the targets; only in the build that `scripts/deep/fuzz` makes.

import Posix

private let target: FuzzTarget = {
    guard let target = processEnvironment()["FUZZ_TARGET"].flatMap(FuzzTarget.init) else {
        fatalError("FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = target.fault(in: input) { fatalError("\(target.rawValue): \(fault)") }
    return 0
}
