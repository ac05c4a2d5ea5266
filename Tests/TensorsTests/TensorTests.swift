import Testing

@testable import Tensors

@Suite struct TensorTests {
    @Test(
        arguments: [
            ([], 1), ([0], 0), ([2, 3], 6), ([Int.max], Int.max), ([1 << 31, 1 << 31], 1 << 62),
        ] as [([Int], Int)])
    func elementCountsAreProducts(_ dimensions: [Int], _ count: Int) throws {
        #expect(try Shape(dimensions).elementCount == count)
    }

    @Test(arguments: [
        [-1], [2, -3], [Int.max, 2], [0, -1], [Int.max, 0, 2], [Int](repeating: 1, count: 65), [1 << 32, 1 << 32],
    ])
    func impossibleShapesAreRejected(_ dimensions: [Int]) {
        let error = #expect(throws: TensorError.self) { try Shape(dimensions) }
        #expect(error?.code == .invalidShape)
    }

    @Test func bytesOfPackedTypesAreRoundedUp() throws {
        #expect(try Shape([3]).byteCount(of: .int4) == 2)
        #expect(try Shape([5]).byteCount(of: .uint2) == 2)
        #expect(try Shape([3]).byteCount(of: .complex128) == 48)
        #expect(throws: TensorError.self) { try Shape([Int.max]).byteCount(of: .float32) }
        #expect(throws: TensorError.self) { try Shape([1]).byteCount(of: .string) }
    }

    /// `TensorProto.DataType` of the onnx 1.23 wheel.
    @Test(
        arguments: [
            (1, ElementType.float32), (2, .uint8), (3, .int8), (4, .uint16), (5, .int16), (6, .int32), (7, .int64),
            (8, .string),
            (9, .bool), (10, .float16), (11, .float64), (12, .uint32), (13, .uint64), (14, .complex64),
            (15, .complex128),
            (16, .bfloat16), (17, .float8e4m3fn), (18, .float8e4m3fnuz), (19, .float8e5m2), (20, .float8e5m2fnuz),
            (21, .uint4),
            (22, .int4), (23, .float4e2m1), (24, .float8e8m0), (25, .uint2), (26, .int2),
        ] as [(Int32, ElementType)])
    func codesAreThoseOfONNX(_ code: Int32, _ type: ElementType) {
        #expect(type.onnxCode == code)
        #expect(ElementType(onnxCode: code) == type)
    }

    @Test func namesLeadBackToTypes() {
        for type in ElementType.allCases {
            if let name = type.protocolName { #expect(ElementType(protocolName: name) == type) }
        }
        #expect(ElementType(onnxCode: 0) == nil)
        #expect(ElementType(onnxCode: 99) == nil)
        #expect(ElementType(protocolName: "FP8") == nil)
    }

    @Test func dataAndShapeMustAgree() throws {
        #expect(throws: TensorError.self) { try Tensor(.float32, try Shape([3]), values: [1, 2] as [Float]) }
        #expect(throws: TensorError.self) { try Tensor(.float32, try Shape([2]), values: [1, 2] as [Double]) }
        #expect(throws: TensorError.self) { try Tensor(.float32, try Shape([2]), buffer: TensorBuffer(capacity: 7)) }
        #expect(throws: TensorError.self) { try Tensor(try Shape([2]), strings: StringElements(["a"])) }
    }

    @Test func stringsLieEndToEnd() {
        var strings = StringElements(["ab", "", "c"])
        strings.append([0xFF, 0x00])
        #expect(strings.count == 4)
        #expect(strings.bytes == [0x61, 0x62, 0x63, 0xFF, 0x00])
        #expect((0..<4).map { Array(strings[$0]) } == [[0x61, 0x62], [], [0x63], [0xFF, 0x00]])
    }
}

@Suite struct BorrowedMemoryTests {
    /// Keeps memory alive that is not aligned for its elements, as a slice of a message is.
    private final class Owner {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 33, alignment: 16)
        deinit { memory.deallocate() }
    }

    @Test func elementsAreReadFromUnalignedMemory() throws {
        let owner = Owner()
        for index in 0..<4 { owner.memory.storeBytes(of: Double(index), toByteOffset: 1 + index * 8, as: Double.self) }
        let buffer = TensorBuffer(borrowing: owner.memory + 1, capacity: 32, owner: owner)
        let tensor = try Tensor(.float64, try Shape([4]), buffer: buffer)
        #expect(tensor.values(as: Double.self) == [0, 1, 2, 3])
        #expect(tensor.values(as: Float.self) == nil)
        #expect(try tensor.converted(to: .int8).values(as: Int8.self) == [0, 1, 2, 3])
        var writer = JSONWriter(reserving: 0)
        try writer.tensorData(tensor)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[0.0,1.0,2.0,3.0]")
    }
}
