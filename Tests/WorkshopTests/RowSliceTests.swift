import Tensors
import Testing

@testable import Workshop

@Suite struct RowSliceTests {
    @Test func rowsAreCutOutWhole() throws {
        let tensor = try Tensor(.int32, Shape([3, 2, 2]), values: (0..<12).map(Int32.init))
        let part = try tensor.rows(1..<3)
        #expect(part.shape.dimensions == [2, 2, 2])
        #expect(part.values(as: Int32.self) == Array(4..<12))
        #expect(try tensor.rows(0..<0).shape.dimensions == [0, 2, 2])
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
