/// JSON as values and as text (RFC 8259): no more of it than the suite's own reports need.

import Transcript

package enum JSON: Sendable {
    case null, flag(Bool), number(Int), text(String), list([JSON]), object([(String, JSON)])

    package var text: String {
        switch self {
        case .null: "null"
        case .flag(let flag): flag ? "true" : "false"
        case .number(let number): String(number)
        case .text(let text): JSON.quoted(text)
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(JSON.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// The member of an object; nil where there is none, or this is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.0 == name }?.1
    }
    package var string: String? { if case .text(let text) = self { text } else { nil } }
    package var integer: Int? { if case .number(let number) = self { number } else { nil } }
    package var boolean: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    package var items: [JSON]? { if case .list(let items) = self { items } else { nil } }
}
