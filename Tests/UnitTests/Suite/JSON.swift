/// Any JSON value, for tests that look into what was written.

import FoundationEssentials

indirect enum JSON: Decodable, Equatable, CustomStringConvertible {
    case null, flag(Bool), number(Int), text(String), list([JSON]), object([String: JSON])

    static func read(_ bytes: [UInt8]) throws -> JSON { try JSONDecoder().decode(JSON.self, from: Data(bytes)) }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Int.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let items = try? value.decode([JSON].self) {
            self = .list(items)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    subscript(name: String) -> JSON? { if case .object(let fields) = self { fields[name] } else { nil } }
    var string: String? { if case .text(let text) = self { text } else { nil } }
    var integer: Int? { if case .number(let number) = self { number } else { nil } }
    var items: [JSON]? { if case .list(let items) = self { items } else { nil } }

    /// For the message of a test: a text in quotes, a number.
    var description: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .number(let number): "\(number)"
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .list(let items): "\(items)"
        case .object(let fields): "\(fields)"
        }
    }
}
