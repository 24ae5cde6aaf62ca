/// Text inside XML and HTML: escaped, and what neither may hold made visible.

import Transcript

enum Markup {
    /// Fits between tags and inside attributes of either quote. Control characters and non-characters, which XML 1.0
    /// has no way to write, are shown as \xHH.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                if isLegal(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\x" + (hex.count < 2 ? "0" : "") + hex
                }
            }
        }
        return result
    }

    /// Our own sentences: what stands between two backticks is code.
    static func prose(_ text: String) -> String {
        let parts = escaped(text).split(separator: "`", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else { return escaped(text) }
        return parts.enumerated().map { index, part in index % 2 == 1 ? "<code>\(part)</code>" : String(part) }.joined()
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: false
        case 0x202a...0x202e, 0x2066...0x2069: false  // they turn the text around them
        default: scalar.value & 0xfffe != 0xfffe
        }
    }
}
