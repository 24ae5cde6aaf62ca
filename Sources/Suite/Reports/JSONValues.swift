/// How single values stand in the JSON report: as text, as null.

import Bytes
import Results

/// A value that is written as its text.
struct Written<Value: LosslessStringConvertible>: Codable {
    let value: Value

    init(value: Value) { self.value = value }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer()
        guard let value = Value(try text.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: text, debugDescription: "")
        }
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var text = encoder.singleValueContainer()
        try text.encode(value.description)
    }
}

struct HexadecimalBytes: LosslessStringConvertible {
    let bytes: [UInt8]
    var description: String { Hexadecimal.text(bytes) }

    init(bytes: [UInt8]) { self.bytes = bytes }
    init?(_ text: String) {
        guard let bytes = Hexadecimal.bytes(text) else { return nil }
        self.bytes = bytes
    }
}

/// A name that is always written, with null where there is no value; a reader does without it.
@propertyWrapper struct OrNull<Value: Codable>: Codable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
    init(from decoder: any Decoder) throws { wrappedValue = try decoder.singleValueContainer().decode(Value?.self) }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    /// What Codable calls for a property `@OrNull`.
    func decode<Value>(_ type: OrNull<Value>.Type, forKey key: Key) throws -> OrNull<Value> {
        try decodeIfPresent(type, forKey: key) ?? OrNull(wrappedValue: nil)
    }
}
