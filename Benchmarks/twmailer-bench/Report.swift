/// What the benchmark says: a Markdown table for people, a line of JSON per sample for programs.

struct Report {
    let machine: [(name: String, value: String)]
    let rounds: Int

    func table(_ all: [Series]) -> String {
        var lines = machine.map { "- \($0.name): \($0.value)" }
        lines += [
            "- \(rounds) rounds; servers alternate within a round; the ratio is the median over the rounds (least–most)",
            "- processor: seconds of the server's processes per 1,000 operations, and of slapd behind the plus",
            "- strangers: the most of the machine that other processes had during a run", "",
            "| operation | baseline | ours | ratio | target | met | processor: floor | ours | strangers |",
            "|---|--:|--:|--:|--:|---|--:|--:|--:|",
        ]
        for row in Row.all {
            guard let series = all.first(where: { $0.name == row.series }) else { continue }
            lines.append(line(row, series))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ row: Row, _ series: Series) -> String {
        let ratios = row.ratios(series)
        let ratio = median(ratios)
        let value = median(series.values(row.subject, row.value))
        let met = row.target.isMet(ratio: ratio, value: value).map { $0 ? "yes" : "**no**" } ?? ""
        let spread = "\(fixed(ratio, 2)) (\(fixed(ratios.min() ?? .nan, 2))–\(fixed(ratios.max() ?? .nan, 2)))"
        let processors = [row.baseline[0], row.subject].map { series.processor($0) }
        let cells = [
            row.title, plain(row.standard(series)), plain(value), spread,
            row.target.text, met, processors[0], processors[1], "\(fixed(series.foreign * 100, 0)) %",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    var head: String {
        let pairs = machine.map { "\(quoted($0.name)):\(quoted($0.value))" }
        return "{" + (pairs + ["\"rounds\":\(rounds)"]).joined(separator: ",") + "}\n"
    }

    static func json(_ series: String, _ kind: Contender.Kind, round: Int, _ sample: Sample) -> String {
        "{\"series\":\(quoted(series)),\"server\":\(quoted(kind.rawValue)),\"round\":\(round)"
            + ",\"value\":\(sample.value),\"operations\":\(sample.operations),\"seconds\":\(sample.seconds)"
            + ",\"p50_ms\":\(sample.half),\"p99_ms\":\(sample.most),\"processor_s\":\(sample.processor)"
            + ",\"slapd_s\":\(sample.directory),\"foreign\":\(sample.foreign)}\n"
    }
}

private func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.value < 32 ? " " : String($0) }.joined()
        + "\""
}

/// Four digits that count.
private func plain(_ value: Double) -> String { fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3) }

func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let factor = (0..<digits).reduce(1.0) { factor, _ in factor * 10 }
    let scaled = Int((value * factor).rounded())
    if digits == 0 { return "\(scaled)" }
    let fraction = String(abs(scaled) % Int(factor))
    let sign = scaled < 0 ? "-" : ""
    return "\(sign)\(abs(scaled) / Int(factor))." + String(repeating: "0", count: digits - fraction.count) + fraction
}
