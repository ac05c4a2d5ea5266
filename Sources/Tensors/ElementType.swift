/// The type of one tensor element: every type an ONNX `TensorProto` can carry.
///
/// Source: `onnx.proto`, `TensorProto.DataType` (IR version 13).
package enum ElementType: String, Hashable, Sendable, CaseIterable, Codable {
    case float32, uint8, int8, uint16, int16, int32, int64, string, bool
    case float16, float64, uint32, uint64, complex64, complex128, bfloat16
    case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz
    case uint4, int4, float4e2m1, float8e8m0, uint2, int2

    /// `TensorProto.DataType` number.
    package var onnxCode: Int32 {
        switch self {
        case .float32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .string: 8
        case .bool: 9
        case .float16: 10
        case .float64: 11
        case .uint32: 12
        case .uint64: 13
        case .complex64: 14
        case .complex128: 15
        case .bfloat16: 16
        case .float8e4m3fn: 17
        case .float8e4m3fnuz: 18
        case .float8e5m2: 19
        case .float8e5m2fnuz: 20
        case .uint4: 21
        case .int4: 22
        case .float4e2m1: 23
        case .float8e8m0: 24
        case .uint2: 25
        case .int2: 26
        }
    }

    /// The type with this `TensorProto.DataType` number, or `nil` for 0 (undefined) and unknown numbers.
    package init?(onnxCode: Int32) {
        guard let match = Self.byOnnxCode[onnxCode] else { return nil }
        self = match
    }

    private static let byOnnxCode: [Int32: ElementType] =
        Dictionary(uniqueKeysWithValues: allCases.map { ($0.onnxCode, $0) })

    /// Bits of one element; 0 for `string`, whose elements have no fixed size.
    package var bitWidth: Int {
        switch self {
        case .string: 0
        case .uint2, .int2: 2
        case .uint4, .int4, .float4e2m1: 4
        case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: 8
        case .uint16, .int16, .float16, .bfloat16: 16
        case .float32, .int32, .uint32: 32
        case .float64, .int64, .uint64, .complex64: 64
        case .complex128: 128
        }
    }

    /// Whether elements are real numbers with a fraction.
    package var isFloatingPoint: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float4e2m1, .float8e8m0:
            true
        default: false
        }
    }

    /// The Open Inference Protocol's name (`FP32`, `BYTES`, …), or `nil` where that protocol has none.
    package var protocolName: String? {
        switch self {
        case .bool: "BOOL"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .float32: "FP32"
        case .float64: "FP64"
        case .string: "BYTES"
        default: nil
        }
    }

    /// The type with this Open Inference Protocol name.
    package init?(protocolName: String) {
        guard let match = Self.allCases.first(where: { $0.protocolName == protocolName }) else { return nil }
        self = match
    }

    /// The name shown to people: the protocol's where there is one, else our own in capitals.
    package var displayName: String { protocolName ?? rawValue.uppercased() }
}
