package import Tensors

extension Tensor {
    /// The elements as JSON values, in row-major order: whole numbers exactly where `Int` holds them, strings decoded.
    /// Empty for types that are no plain numbers.
    package var jsonElements: [JSONValue] {
        if let strings { return strings.decoded.map(JSONValue.string) }
        switch elementType {
        case .bool: return (values(as: UInt8.self) ?? []).map { .bool($0 != 0) }
        case .int64: return (values(as: Int64.self) ?? []).map { .integer(Int($0)) }
        case .uint64: return (values(as: UInt64.self) ?? []).map { Self.number($0) }
        default:
            guard elementType.isNumeric, let numbers = try? doubles() else { return [] }
            return numbers.map { Int(exactly: $0).map(JSONValue.integer) ?? .number($0) }
        }
    }

    private static func number(_ value: UInt64) -> JSONValue {
        Int(exactly: value).map(JSONValue.integer) ?? .number(Double(value))
    }
}
