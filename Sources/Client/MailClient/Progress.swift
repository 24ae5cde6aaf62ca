/// One line on a terminal that says how far a long transfer is.

package import Posix

package struct Progress {
    private let doing: String
    /// Bytes in all; nil when nobody knows.
    private let total: Int?
    private let clock: Clock
    private let isVisible: Bool
    private var done = 0
    private var shownAt: Duration?

    /// Shown on standard error when that is a terminal, from the first mebibyte, ten times a second at most.
    package init(_ doing: String, total: Int? = nil, clock: Clock, isWanted: Bool) {
        self.doing = doing
        self.total = total
        self.clock = clock
        isVisible = isWanted && isTerminal(2)
    }

    package mutating func advance(by count: Int) {
        done += count
        guard isVisible, total ?? done >= 1 << 20 else { return }
        let now = clock.now()
        if let shownAt, now < shownAt + .milliseconds(100) { return }
        shownAt = now
        show("\r\u{1b}[K\(text)")
    }

    /// Takes the line away.
    package mutating func end() {
        if shownAt != nil { show("\r\u{1b}[K") }
        shownAt = nil
    }

    var text: String {
        guard let total, total > 0 else { return "\(doing) \(mebibytes(done))" }
        return "\(doing) \(min(100, done * 100 / total)) % of \(mebibytes(total))"
    }

    private func show(_ text: String) { try? writeAll(2, Array(text.utf8).span) }
}

/// "10.0 MiB"
func mebibytes(_ count: Int) -> String { "\(count >> 20).\((count & 0xfffff) * 10 >> 20) MiB" }
