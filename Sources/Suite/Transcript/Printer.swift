/// Events, world steps and measures in the words of the language, for reports.

extension Sent {
    /// nil for a text and for a connection, which reports show as what they came to.
    package func printed() -> String? {
        switch self {
        case .text, .connect: nil
        case .halfClose: "<half-close>"
        case .close: "<close>"
        case .reset: "<reset>"
        case .stopReading: "<stop reading>"
        case .readAgain: "<read again>"
        case .pause(let time): "<pause \(time.written())>"
        }
    }
}

extension WorldAction {
    package func printed() -> String {
        switch self {
        case .advance(let time): "advance \(time.written())"
        case .later(let time): "later \(time.written())"
        case .wall(let time): "wall \(time.written(signed: true))"
        case .boot: "boot"
        case .clock(let frozen): "clock \(frozen ? "frozen" : "flowing")"
        case .server(let action): "server \(action.rawValue)"
        case .killSession(let client): "session \(client) kill"
        case .directory(let action): "directory \(action.rawValue)"
        case .binds(let count): "binds \(count)"
        case .bindsAnew: "binds anew"
        case .zombies(let count): "zombies \(count)"
        case .outsideUnchanged: "outside unchanged"
        case .measure(let quantity, let comparison, let measure):
            "measure \(quantity.rawValue) \(comparison.rawValue) \(measure.printed())"
        }
    }
}

extension Measure {
    package func printed() -> String {
        switch self {
        case .bytes(let bytes): written(size: bytes)
        case .time(let time): time.written()
        case .bytesPerSecond(let bytes): "\(written(size: bytes))/s"
        }
    }
}
