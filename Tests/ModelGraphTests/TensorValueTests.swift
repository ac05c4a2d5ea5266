import ModelGraph
import Tensors
import Testing

/// Constants as tensors in memory. `Fixtures/generate.py` says what is in `types.onnx`.
@Suite struct TensorValueTests {
    private func constant(_ name: String) throws -> Tensor {
        let all = try Fixture.types.model().graph.initializers
        return try #require(all.first { $0.name == name }).tensor()
    }

    private func elementBytes(_ tensor: Tensor) -> [UInt8] {
        withExtendedLifetime(tensor) { Array(tensor.bytes) }
    }

    @Test(arguments: ElementType.allCases.filter { $0 != .string })
    func everyTypeReadsAsRawBytes(type: ElementType) throws {
        let model = try Fixture.types.model()
        let tensor = try #require(
            model.graph.initializers.first { $0.name.hasPrefix("raw_") && $0.elementType == type })
        let packed = type.bitWidth < 8
        #expect(tensor.dimensions == [packed ? 5 : 3])
        let bytes = try elementBytes(tensor.tensor())
        #expect(bytes.count == (packed ? 5 * type.bitWidth + 7 : 3 * type.bitWidth) / 8)
        #expect(bytes.first == (type == .bool ? 1 : 11))
    }

    @Test func typedFieldsDecode() throws {
        #expect(try constant("typed_FLOAT").values(as: Float.self) == [1.5, -2, 3.25])
        #expect(try constant("typed_DOUBLE").values(as: Double.self) == [1.5, -2, 1e300])
        #expect(try constant("typed_INT64").values(as: Int64.self) == [-1, 2, 1 << 40])
        #expect(try constant("typed_UINT64").values(as: UInt64.self) == [1, 2, 1 << 63])
        #expect(try constant("typed_UINT32").values(as: UInt32.self) == [1, 2, .max])
        #expect(try constant("typed_INT32").values(as: Int32.self) == [-1, 0, 1 << 30])
        #expect(try constant("typed_INT16").values(as: Int16.self) == [-1, 0, 32767])
        #expect(try constant("typed_UINT16").values(as: UInt16.self) == [1, 2, 65535])
        #expect(try constant("typed_INT8").values(as: Int8.self) == [-128, 0, 127])
        #expect(try constant("typed_UINT8").values(as: UInt8.self) == [0, 1, 255])
        #expect(try constant("typed_BOOL").values(as: UInt8.self) == [1, 0, 1])
        #expect(try constant("typed_FLOAT16").values(as: UInt16.self) == [0x3c00, 0xc000, 1])
        #expect(try constant("typed_COMPLEX64").byteCount == 24)
        #expect(try constant("typed_COMPLEX128").byteCount == 48)
    }

    @Test func fourBitIntegersStayPacked() throws {
        #expect(try elementBytes(constant("typed_INT4")) == [0x21, 0xf3, 0x08])
    }

    @Test func stringsAreBytes() throws {
        let strings = try #require(try constant("typed_STRING").strings)
        #expect((0..<3).map { Array(strings[$0]) } == [Array("zero".utf8), Array("éins".utf8), [0xff, 0x00, 0x78]])
    }

    @Test func aTensorWithoutElementsNeedsNoData() throws {
        let tensor = try constant("empty")
        #expect(tensor.shape.dimensions == [0, 4])
        #expect(tensor.byteCount == 0)
    }

    @Test func tensorsComeBackFromConstants() throws {
        let tensor = try Tensor(.int32, Shape([2, 2]), values: [1, -2, 3, 4] as [Int32])
        let value = TensorValue("t", tensor)
        #expect(try value.tensor().values(as: Int32.self) == [1, -2, 3, 4])
        #expect(value.integers == [1, -2, 3, 4])
    }

    @Test func unalignedDataIsReadCorrectly() throws {
        var bytes: [UInt8] = [0]
        for value: Float in [1, 2] { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
        let buffer = ByteView(copying: bytes).buffer
        let view = try #require(ByteView(buffer, 1..<9))
        #expect(try TensorValue("t", .float32, [2], .raw(view)).tensor().values(as: Float.self) == [1, 2])
    }

    @Test(
        arguments: [
            (
                TensorValue("t", .float32, [3], .raw(ByteView(copying: [0, 0, 0, 0]))),
                "needs 12 bytes, but raw_data has 4"
            ),
            (TensorValue("t", .float32, [1], .int64s(ByteView(copying: [1]))), "FP32 elements in int64_data"),
            (TensorValue("t", .int64, [2], .int64s(ByteView(copying: [1]))), "needs 16 bytes, but int64_data has 8"),
            (TensorValue("t", .string, [1], .raw(ByteView(copying: [1]))), "BYTES elements in raw_data"),
            (TensorValue("t", .string, [2], .strings([])), "needs 2 strings, but string_data has 0"),
            (TensorValue("t", .int8, [-1], .absent), "negative dimension"),
            (TensorValue("t", .int8, [1 << 40, 1 << 40], .absent), "more elements than fit"),
            (TensorValue("t", .float64, [1 << 60], .absent), "larger than the address space"),
            (TensorValue("t", .int4, [3], .raw(ByteView(copying: [0]))), "needs 2 bytes, but raw_data has 1"),
            (TensorValue("t", .float32, [2], .absent), "but no field has 0"),
        ] as [(TensorValue, String)])
    func dataThatDoesNotFitIsRefused(value: TensorValue, message: String) {
        #expect { try value.tensor() } throws: { "\($0)".contains(message) && "\($0)".contains("'t'") }
    }

    @Test func anUndefinedTypeIsRefused() {
        var value = TensorValue()
        #expect { try value.tensor() } throws: { "\($0)".contains("undefined type") }
        value.elementCode = 99
        #expect { try value.tensor() } throws: { "\($0)".contains("element type 99") }
    }
}
