/// `measure`: the server's memory, the time and the rate since the last tag.

import Posix
import Results
import Transcript
import World

extension WorldSteps {
    func measure(_ quantity: Quantity, _ comparison: Comparison, _ limit: Measure) throws(Stop) {
        let elapsed = Clock.system.now() - performance.tagged.time
        let found: Double
        let wanted: Double
        let shown: String
        switch (quantity, limit) {
        case (.rss, .bytes(let bytes)):
            (found, wanted) = (Double(performance.world.server.tree.peakResident), Double(bytes))
            shown = "\(performance.world.server.tree.peakResident / 1024) KiB"
        case (.time, .time(let duration)):
            (found, wanted) = (elapsed / .seconds(1), duration / .seconds(1) * Double(wire.options.slow))
            shown = "\(elapsed)"
        case (.rate, .bytesPerSecond(let rate)):
            let bytes = Double(wire.network.bytesMoved - performance.tagged.bytes)
            (found, wanted) = (bytes / (elapsed / .seconds(1)), Double(rate) / Double(wire.options.slow))
            shown = "\(Int(found)) bytes per second"
        default: throw .fault(Place(line: line), "this quantity is measured in another unit")
        }
        let holds =
            switch comparison {
            case .less: found < wanted
            case .lessOrEqual: found <= wanted
            case .more: found > wanted
            case .moreOrEqual: found >= wanted
            }
        if !holds {
            let seen: [Observation.Sight] = quantity == .rss ? [.memory] : []
            throw .unmet(["\(quantity.rawValue) \(comparison.rawValue) \(limit.printed())"], shown, seen: seen)
        }
        recorder.check()
    }
}
