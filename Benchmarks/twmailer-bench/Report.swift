/// What the benchmark says: Markdown for people, a line of JSON per sample for programs.

import Posix

struct Report {
    let machine: [(name: String, value: String)]
    let rounds: Int
    /// Who does not take part, and why.
    var absent: [(kind: Contender.Kind, reason: String)] = []

    /// What the columns hold; of the floor's two forms the better one.
    private static let columns: [(title: String, kinds: [Contender.Kind])] = [
        ("floor", [.floor, .floorSendfile]), ("ours", [.plain]), ("Dovecot", [.dovecot]),
        ("Dovecot, high-performance", [.dovecotFast]), ("Postfix", [.postfix]), ("peer", [.peer]),
    ]

    func table(_ all: [Series]) -> String {
        let present = Report.columns.filter { column in
            all.contains { series in column.kinds.contains { series.samples[$0] != nil } }
        }
        var lines = machine.map { "- \($0.name): \($0.value)" }
        lines += absent.map { "- not run: \($0.kind.rawValue): \($0.reason)" }
        lines += [
            "- \(rounds) rounds; servers alternate within a round; the ratio is the median over the rounds (least–most)",
            "- in the lines that compare with a peer the floor's column holds the floor's own ratio to that peer",
            "- processor: seconds of the server's processes per 1,000 operations, and of slapd behind the plus",
            "- strangers: the most of the machine that other processes had during a run, and how many of the samples had "
                + "them above \(fixed(Sample.quiet * 100, 0)) %", "",
        ]
        let titles = ["operation"] + present.map(\.title) + ["ratio", "target", "met"]
        let head = titles + present.map { "processor: \($0.title)" } + ["strangers"]
        lines.append("| " + head.joined(separator: " | ") + " |")
        lines.append("|---|" + String(repeating: "--:|", count: head.count - 1))
        for row in Row.all {
            guard let series = all.first(where: { $0.name == row.series }),
                row.best(row.baseline, series) != nil, series.samples[row.subject] != nil
            else { continue }
            lines.append(line(row, series, present))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ row: Row, _ series: Series, _ columns: [(title: String, kinds: [Contender.Kind])]) -> String {
        let ratios = row.ratios(series)
        let (ratio, value) = (median(ratios), row.best([row.subject], series) ?? .nan)
        let met = row.target.isMet(ratio: ratio, value: value).map { $0 ? "yes" : "**no**" } ?? ""
        let spread = "\(fixed(ratio, 2)) (\(fixed(ratios.min() ?? .nan, 2))–\(fixed(ratios.max() ?? .nan, 2)))"
        let isAlone = row.isComparison || row.subject != .plain
        let values = columns.map { column in
            if row.isComparison, column.kinds.contains(.floor) { return reach(of: row, series) }
            return isAlone ? "" : row.best(column.kinds, series).map(plain) ?? ""
        }
        let processors = columns.map { isAlone ? "" : series.processor($0.kinds[0]) }
        let samples = series.samples.values.joined()
        let strangers =
            isAlone
            ? ""
            : "\(fixed(series.foreign * 100, 0)) %, \(samples.count { $0.foreign > Sample.quiet })/\(samples.count)"
        let cells = [row.title] + values + [spread, row.target.text, met] + processors + [strangers]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    /// What the floor makes of the same comparison: where it misses a target, no server that forks can meet it here.
    private func reach(of row: Row, _ series: Series) -> String {
        let ratios = row.ratios(series, of: .floor)
        return ratios.isEmpty ? "" : "× \(fixed(median(ratios), 2))"
    }

    var head: String {
        let pairs = machine.map { "\(quoted($0.name)):\(quoted($0.value))" }
        return "{" + (pairs + ["\"rounds\":\(rounds)"]).joined(separator: ",") + "}\n"
    }

    static func json(_ series: String, _ server: String, round: Int, _ sample: Sample) -> String {
        "{\"series\":\(quoted(series)),\"server\":\(quoted(server)),\"round\":\(round)"
            + ",\"value\":\(sample.value),\"operations\":\(sample.operations),\"seconds\":\(sample.seconds)"
            + ",\"p50_ms\":\(sample.half),\"p99_ms\":\(sample.most),\"processor_s\":\(sample.processor)"
            + ",\"slapd_s\":\(sample.directory),\"foreign\":\(sample.foreign)"
            + ",\"quiet\":\(sample.foreign <= Sample.quiet)}\n"
    }
}

private func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.value < 32 ? " " : String($0) }.joined()
        + "\""
}

/// Three or four digits that count.
func plain(_ value: Double) -> String { fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3) }

func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let factor = (0..<digits).reduce(1.0) { factor, _ in factor * 10 }
    let scaled = Int((value * factor).rounded())
    if digits == 0 { return "\(scaled)" }
    let fraction = String(abs(scaled) % Int(factor))
    let sign = scaled < 0 ? "-" : ""
    return "\(sign)\(abs(scaled) / Int(factor))." + String(repeating: "0", count: digits - fraction.count) + fraction
}
