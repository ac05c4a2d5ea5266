import Tensors

/// TensorFlow's element types. Source: TensorFlow, `types.proto` and `tensor.proto`.
extension ElementType {
    private static let tensorFlowCodes: [(ElementType, UInt64)] = [
        (.float32, 1), (.float64, 2), (.int32, 3), (.uint8, 4), (.int16, 5), (.int8, 6), (.string, 7), (.int64, 9),
        (.bool, 10), (.bfloat16, 14), (.uint16, 17), (.float16, 19), (.uint32, 22), (.uint64, 23),
    ]

    init?(tensorFlow code: UInt64) {
        guard let found = Self.tensorFlowCodes.first(where: { $0.1 == code }) else { return nil }
        self = found.0
    }

    /// `DataType`; 0 where it has none.
    var tensorFlowCode: UInt64 { Self.tensorFlowCodes.first { $0.0 == self }?.1 ?? 0 }

    /// The field of `TensorProto` that holds elements of this type; 0 for a type that it does not have.
    var tensorFlowField: Int {
        switch self {
        case .float32: 5
        case .float64: 6
        case .int32, .int16, .int8, .uint8, .uint16: 7
        case .string: 8
        case .int64: 10
        case .bool: 11
        case .float16, .bfloat16: 13
        case .uint32: 16
        case .uint64: 17
        default: 0
        }
    }

    /// The bits of the next element of that field.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` for a value beyond the type's range.
    func tensorFlowValue(_ reader: inout ProtoReader, _ field: ProtoField) throws(RequestFault) -> UInt64 {
        switch self {
        case .float32:
            guard field.kind == .fixed32 else { throw reader.malformed("field 5 is not made of four bytes each") }
            return UInt64(try reader.fixed32())
        case .float64: return try reader.double(field).bitPattern
        default: return try checked(try reader.uint64(field))
        }
    }

    /// An integer of the wire as bits of this type. Source: Protocol Buffers: `int32` is the low half of what was sent.
    private func checked(_ value: UInt64) throws(RequestFault) -> UInt64 {
        let low = Int32(truncatingIfNeeded: value)
        let fits: Bool =
            switch self {
            case .bool: true
            case .int8: Int8(exactly: low) != nil
            case .int16: Int16(exactly: low) != nil
            case .uint8: UInt8(exactly: low) != nil
            case .uint16, .float16, .bfloat16: UInt16(exactly: low) != nil
            default: true
            }
        guard fits else { throw RequestFault(.invalidInput, "the value \(low) does not fit \(displayName)") }
        return self == .bool ? (value == 0 ? 0 : 1) : value
    }
}
