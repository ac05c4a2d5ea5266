import Tensors

extension ElementType {
    /// `LiteRtElementType`; `nil` for types it lacks, and for strings, whose tensors have a form of their own.
    var liteRTCode: Int32? {
        switch self {
        case .float32: 1
        case .int32: 2
        case .uint8: 3
        case .int64: 4
        case .bool: 6
        case .int16: 7
        case .complex64: 8
        case .int8: 9
        case .float16: 10
        case .float64: 11
        case .complex128: 12
        case .uint64: 13
        case .uint32: 16
        case .uint16: 17
        case .int4: 18
        case .bfloat16: 19
        case .float8e4m3fn, .float8e5m2, .float8e4m3fnuz, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .uint2, .int2,
            .uint4, .string:
            nil
        }
    }

    /// The type with this number; `nil` for numbers without a type of ours.
    init?(liteRTCode code: Int32) {
        guard let match = Self.allCases.first(where: { $0.liteRTCode == code }) else { return nil }
        self = match
    }
}
