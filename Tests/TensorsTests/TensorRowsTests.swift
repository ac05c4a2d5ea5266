import Testing

@testable import Tensors

@Suite struct TensorRowsTests {
    @Test func theLastRowFillsUp() throws {
        let rows = try Tensor(.int32, Shape([2, 2]), values: [1, 2, 3, 4] as [Int32])
        let filled = try rows.filled(toRows: 4)
        #expect(filled.shape.dimensions == [4, 2] && filled.values(as: Int32.self) == [1, 2, 3, 4, 3, 4, 3, 4])
        #expect(try rows.filled(toRows: 1).values(as: Int32.self) == [1, 2, 3, 4])
        let words = try Tensor(Shape([1]), strings: StringElements(["a"])).filled(toRows: 3)
        #expect(words.strings?.decoded == ["a", "a", "a"])
        let none = try Tensor(.int32, Shape([0, 2]), values: [] as [Int32])
        #expect(throws: TensorError.self) { try none.filled(toRows: 2) }
    }

    @Test(arguments: [ElementType.float32, .int64, .uint8, .float16, .float64])
    func rowsThatAreTakenApartAndPutTogetherAreTheSame(type: ElementType) throws {
        let width = type.bitWidth / 8
        let bytes = (0..<6 * 3 * width).map { UInt8($0 & 0xff) }
        let buffer = TensorBuffer(capacity: bytes.count)
        buffer.mutableBytes.copyBytes(from: bytes)
        let whole = try Tensor(type, Shape([6, 3]), buffer: buffer)
        let parts = try [0..<1, 1..<4, 4..<4, 4..<6].map { try whole.rows($0) }
        let again = Tensor.concatenatingRows(parts)
        #expect(again?.shape == whole.shape && again.map { Array($0.bytes) } == bytes)
        #expect(parts[1].shape.dimensions == [3, 3] && parts[2].byteCount == 0)
    }

    @Test func textHasRowsToo() throws {
        let words = ["a", "", "ccc", "dd", "e", "f"]
        let whole = try Tensor(Shape([3, 2]), strings: StringElements(words))
        let part = try whole.rows(1..<3)
        #expect(part.strings?.decoded == ["ccc", "dd", "e", "f"])
        let again = Tensor.concatenatingRows([try whole.rows(0..<1), part])
        #expect(again?.strings?.decoded == words)
    }

    @Test func whatDoesNotFitIsNotPutTogether() throws {
        let floats = try Tensor(zeros: .float32, Shape([2, 3]))
        #expect(Tensor.concatenatingRows([floats, try Tensor(zeros: .int32, Shape([2, 3]))]) == nil)
        #expect(Tensor.concatenatingRows([floats, try Tensor(zeros: .float32, Shape([2, 4]))]) == nil)
        #expect(Tensor.concatenatingRows([floats, try Tensor(zeros: .float32, Shape([2, 3, 1]))]) == nil)
        #expect(Tensor.concatenatingRows([try Tensor(zeros: .float32, .scalar)]) == nil)
        #expect(Tensor.concatenatingRows([floats], allocate: { _ in nil }) == nil)
        #expect(Tensor.concatenatingRows([]) == nil)
    }

    @Test func rowsOfStringsKeepTheirBytes() throws {
        let tensor = try Tensor(Shape([3, 1]), strings: StringElements(["a", "", "ünïcode"]))
        #expect(try tensor.rows(1..<3).strings?.decoded == ["", "ünïcode"])
    }

    @Test func rowsWithoutElementsAreFine() throws {
        let tensor = try Tensor(.float32, Shape([4, 0]), values: [Float]())
        #expect(try tensor.rows(1..<3).shape.dimensions == [2, 0])
    }

    @Test(arguments: [(0, 4), (-1, 1), (4, 4)]) func rowsThatAreNotThereAreRefused(from: Int, to: Int) throws {
        let tensor = try Tensor(.uint8, Shape([3]), values: [UInt8(1), 2, 3])
        #expect(throws: TensorError.self) { try tensor.rows(from..<to) }
    }

    @Test func whatHasNoRowsIsRefused() throws {
        #expect(throws: TensorError.self) { try Tensor(.float32, .scalar, values: [Float(1)]).rows(0..<1) }
        #expect(throws: TensorError.self) { try Tensor(zeros: .int4, Shape([4])).rows(1..<2) }
    }
}
