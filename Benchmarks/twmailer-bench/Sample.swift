/// What one run of one server in one round gave, and what comes out of several rounds.

import Posix

struct Sample: Sendable {
    /// What the row is about: operations per second, or milliseconds, or kB.
    let value: Double
    var operations = 0
    var seconds = 0.0
    /// Of the timed exchange, or of the whole operation where none is timed; milliseconds.
    var (half, most): (Double, Double) = (0, 0)
    /// Seconds of the server's processes.
    var processor = 0.0
    /// Seconds of slapd.
    var directory = 0.0
    /// The share of the machine that belonged to somebody else meanwhile.
    var foreign = 0.0

    /// Beyond this a sample says as much about the strangers as about the server.
    static let quiet = 0.05
}

/// The value below which `part` of the samples lie (nearest rank).
func percentile(_ samples: [Double], _ part: Double) -> Double {
    guard !samples.isEmpty else { return .nan }
    let sorted = samples.sorted()
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.down)))]
}

func median(_ samples: [Double]) -> Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The same thing measured on several servers, round by round.
struct Series {
    let name: String
    var samples: [Contender.Kind: [Sample]] = [:]

    func values(_ kind: Contender.Kind, _ value: (Sample) -> Double = \.value) -> [Double] {
        samples[kind]?.map(value) ?? []
    }

    /// Processor seconds per 1,000 operations, over all rounds: the server's, and slapd's where there were any.
    func processor(_ kind: Contender.Kind) -> String {
        let all = samples[kind] ?? []
        let operations = all.reduce(0) { $0 + $1.operations }
        if operations == 0 { return "" }
        let (server, directory) = (all.reduce(0) { $0 + $1.processor }, all.reduce(0) { $0 + $1.directory })
        let text = { fixed($0 * 1000 / Double(operations), 3) }
        return text(server) + (directory * 20 > server ? " + \(text(directory))" : "")
    }

    var foreign: Double { samples.values.joined().map(\.foreign).max() ?? 0 }
}
