/// `measure`: the server's memory, the time and the rate since the last tag.

import Posix
import TestWorld
import Transcript

extension Player {
    func measure(_ quantity: Quantity, _ comparison: Comparison, _ limit: Measure) throws(Stop) {
        let elapsed = Clock.system.now() - scene.tagged
        let found: Double
        let wanted: Double
        let shown: String
        switch (quantity, limit) {
        case (.rss, .bytes(let bytes)):
            (found, wanted) = (Double(scene.server.tree.peakResident), Double(bytes))
            shown = "\(scene.server.tree.peakResident / 1024) KiB"
        case (.time, .time(let duration)):
            (found, wanted) = (elapsed / .seconds(1), duration / .seconds(1) * Double(scene.options.slow))
            shown = "\(elapsed)"
        case (.rate, .bytesPerSecond(let rate)):
            let bytes = Double(network.bytesMoved - scene.bytesAtTag)
            (found, wanted) = (bytes / (elapsed / .seconds(1)), Double(rate) / Double(scene.options.slow))
            shown = "\(Int(found)) bytes per second"
        default: throw fault("this quantity is measured in another unit")
        }
        let holds =
            switch comparison {
            case .less: found < wanted
            case .lessOrEqual: found <= wanted
            case .more: found > wanted
            case .moreOrEqual: found >= wanted
            }
        if !holds { throw fail(["\(quantity.rawValue) \(comparison.rawValue) \(limit.printed())"], shown) }
        recorder.check()
    }
}
