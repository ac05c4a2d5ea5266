import Tensors

extension ElementType {
    /// `ov_element_type_e` as OpenVINO 2026.4 numbers it; `nil` for types it lacks, and for strings, which its C
    /// interface can take in but not give back. The numbers move between releases: `OpenVINOLibrary` checks them.
    var openVINOCode: Int32? {
        switch self {
        case .bool: 1
        case .bfloat16: 2
        case .float16: 3
        case .float32: 4
        case .float64: 5
        case .int4: 6
        case .int8: 7
        case .int16: 8
        case .int32: 9
        case .int64: 10
        case .uint4: 14
        case .uint8: 16
        case .uint16: 17
        case .uint32: 18
        case .uint64: 19
        case .float8e4m3fn: 21
        case .float8e5m2: 22
        case .float4e2m1: 24
        case .float8e8m0: 25
        case .uint2: 12
        case .string, .int2, .complex64, .complex128, .float8e4m3fnuz, .float8e5m2fnuz: nil
        }
    }

    /// The number of a string element in the same table.
    static let openVINOStringCode: Int32 = 23

    /// The type with this number; `nil` for numbers without a type of ours.
    init?(openVINOCode code: Int32) {
        guard let match = Self.allCases.first(where: { $0.openVINOCode == code }) else { return nil }
        self = match
    }
}
