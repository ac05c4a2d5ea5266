/// A JSON value as a tree: for configuration, manifests and replies off the hot path.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without point and exponent that `Int` holds.
    case integer(Int)
    /// Any other number. Written as `null` when not finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members in the order they were written.
    case object([Member])

    /// One member of an object.
    package struct Member: Hashable, Sendable {
        /// Unique within its object.
        package var key: String
        /// What the key stands for.
        package var value: JSONValue

        /// A member of an object.
        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// An object with these members in this order. The caller sees to it that no key comes twice.
    package static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { Member(key: $0.0, value: $0.1) })
    }

    /// Reads one value that is the whole text, as strictly as `JSONScanner` does.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        let result = bytes.withUnsafeBytes { bytes in
            Result<JSONValue, JSONError> { () throws(JSONError) in try parse(bytes) }
        }
        return try result.get()
    }

    /// Reads one value that is the whole text, as strictly as `JSONScanner` does.
    package static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner(bytes)
        let value = try scanner.value()
        try scanner.finish()
        return value
    }
}

extension JSONScanner {
    /// Reads the next value, of any kind, as a tree.
    package mutating func value() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .null:
            try null()
            return .null
        case .bool: return .bool(try bool())
        case .string: return .string(try string())
        case .number: return try numberValue()
        case .array:
            try beginArray()
            var elements: [JSONValue] = []
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .object:
            try beginObject()
            var members: [JSONValue.Member] = []
            while let key = try nextKey() { members.append(JSONValue.Member(key: key, value: try value())) }
            return .object(members)
        }
    }

    private mutating func numberValue() throws(JSONError) -> JSONValue {
        let start = position
        let number = try cursor.scanNumber()
        let isNegativeZero = number.isNegative && number.mantissa == 0
        if number.isPlainInteger, !isNegativeZero, let integer = try? number.integer(as: Int.self) {
            return .integer(integer)
        }
        guard let double = number.double else {
            throw JSONError(.outOfRange, "expected a number that FP64 can hold, found one beyond it", offset: start)
        }
        return .number(double)
    }
}

// MARK: - Looking inside

extension JSONValue {
    /// The value of the member with this key; `nil` when there is none, or this is not an object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The string, when this is one.
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    /// The boolean, when this is one.
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, when this is an array.
    package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, when this is an object.
    package var objectValue: [Member]? { if case .object(let value) = self { value } else { nil } }
    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// The number, when it is whole and `Int` holds it.
    package var intValue: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, whichever way it was written.
    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

// MARK: - Literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// `null`.
    package init(nilLiteral: ()) { self = .null }
    /// A boolean.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    package init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    package init(floatLiteral value: Double) { self = .number(value) }
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object with its members in this order; no key may come twice.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
}
