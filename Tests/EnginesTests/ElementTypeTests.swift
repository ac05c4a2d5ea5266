import Tensors
import Testing

@testable import Engines

/// Which element types pass through each engine, unchanged and computed.
@Suite struct ElementTypes {
    /// Types for which an engine loads no identity graph; every other one must pass.
    static let refused: [EngineKind: Set<ElementType>] = [
        .onnxRuntime: [.complex64, .complex128, .uint4, .int4, .float4e2m1],
        .openVINO: [.complex64, .complex128, .float8e4m3fnuz, .float8e5m2fnuz],
        .liteRT: Set(ElementType.allCases).subtracting([.float32, .int32, .uint8, .int64, .bool, .int16, .int8]),
    ]

    static let cases: [(EngineKind, ElementType)] = EngineKind.allCases.flatMap { kind in
        ElementType.allCases.filter { $0 != .string && !noFixture.contains($0) }.map { (kind, $0) }
    }

    /// ONNX has these only from opsets on that the engines do not know yet.
    static let noFixture: Set<ElementType> = [.float8e8m0, .uint2, .int2]

    @Test(arguments: cases)
    func identityKeepsEveryBit(_ kind: EngineKind, _ type: ElementType) throws {
        let count = 16
        let shape = try Shape([count])
        let bytes = (0..<(try shape.byteCount(of: type))).map { byte -> UInt8 in
            switch type {
            case .bool: UInt8(byte % 2)
            // OpenVINO takes 64-bit integers only as far as they fit in 32.
            case .int64, .uint64: byte % 8 < 4 ? UInt8(byte % 64) : 0
            default: UInt8(truncatingIfNeeded: byte &* 37 &+ 11) & 0x3F
            }
        }
        let input = try Tensor(type, shape, buffer: Fixtures.buffer(bytes))
        if Self.refused[kind]?.contains(type) == true {
            let error = #expect(throws: EngineError.self) {
                try Fixtures.session("identity_\(type.rawValue)", on: kind)
            }
            #expect(error?.code == .modelRejected)
            return
        }
        let session = try Fixtures.session("identity_\(type.rawValue)", on: kind)
        let output = try session.run([input])[0]
        #expect(output.elementType == type)
        #expect(output.shape == shape)
        #expect([UInt8](output.bytes) == bytes)
    }

    /// 0, 1, 2 and 3 in each type, as the bytes of `casts.onnx`'s outputs.
    static let cast: [(ElementType, [UInt8])] = [
        (.bool, [0, 1, 1, 1]),
        (.uint8, [0, 1, 2, 3]),
        (.uint16, [0, 0, 1, 0, 2, 0, 3, 0]),
        (.uint32, [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]),
        (.uint64, [0, 1, 2, 3].flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] }),
        (.int8, [0, 1, 2, 3]),
        (.int16, [0, 0, 1, 0, 2, 0, 3, 0]),
        (.int32, [0, 1, 2, 3].flatMap { [$0, 0, 0, 0] }),
        (.int64, [0, 1, 2, 3].flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] }),
        (.float16, [0, 0, 0, 0x3C, 0, 0x40, 0, 0x42]),
        (.bfloat16, [0, 0, 0x80, 0x3F, 0, 0x40, 0x40, 0x40]),
        (.float64, [(0, 0), (0xF0, 0x3F), (0, 0x40), (8, 0x40)].flatMap { [0, 0, 0, 0, 0, 0, $0.0, $0.1] }),
    ]

    @Test(arguments: [EngineKind.onnxRuntime, .openVINO])
    func numbersAreComputedInEveryTypeOfTheProtocol(_ kind: EngineKind) throws {
        let session = try Fixtures.session("casts", on: kind)
        #expect(session.signature.outputs.map(\.elementType) == Self.cast.map(\.0))
        let outputs = try session.run([Fixtures.floats([4], [0, 1, 2, 3])])
        for (output, (type, bytes)) in zip(outputs, Self.cast) {
            #expect(output.elementType == type)
            #expect([UInt8](output.bytes) == bytes, "\(type)")
        }
    }

    @Test(arguments: [EngineKind.onnxRuntime, .openVINO])
    func packedIntegersAreUnpackedInOrder(_ kind: EngineKind) throws {
        let session = try Fixtures.session("unpack_int4", on: kind)
        let packed = try Tensor(.int4, Shape([5]), buffer: Fixtures.buffer([0x21, 0xF8, 0x07]))
        #expect(try session.run([packed])[0].values(as: Int8.self) == [1, 2, -8, -1, 7])
    }
}
