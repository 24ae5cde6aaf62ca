/// Numbers as reports write them, with a point in every locale.

enum Figures {
    static func seconds(_ duration: Duration, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return decimal(duration / .seconds(1) * scale, digits)
    }

    /// `scaled` is the number times ten to the power of `digits`.
    static func decimal(_ scaled: Double, _ digits: Int) -> String {
        let number = String(Int(scaled.rounded()))
        let padded = String(repeating: "0", count: max(0, digits + 1 - number.count)) + number
        return padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}
