import Tensors
import Testing
import Workshop

@Suite struct AgreementTests {
    private func floats(_ values: [Float]) throws -> Tensor {
        try Tensor(.float32, Shape([values.count]), values: values)
    }

    @Test func equalOutputsAgreeExactly() throws {
        let outputs = [try floats([1, -2, .nan, .infinity]), try Tensor(Shape([1]), strings: StringElements(["a"]))]
        let agreement = try Agreement(outputs, outputs)
        #expect(agreement.isAcceptable)
        #expect(agreement.largestDifference == 0 && agreement.largestRelativeDifference == 0)
    }

    @Test(arguments: [
        ([Float(1), 100], [Float(1.0001), 100], true),
        // A hundredth of the value is what a deep network may differ by, and no more.
        ([1, 100], [1, 101.5], false),
        // Small numbers beside large ones are noise: they are measured against a thousandth of the largest.
        ([1e-6, 1000], [5e-6, 1000], true), ([1e-6, 1], [0.9, 1], false),
    ]) func differencesAreMeasuredAgainstTheOutputsSize(left: [Float], right: [Float], agrees: Bool) throws {
        #expect(try Agreement([floats(left)], [floats(right)]).isAcceptable == agrees)
    }

    @Test func theLargestDifferenceIsNamed() throws {
        let agreement = try Agreement([floats([1, 2, 4])], [floats([1, 2.5, 4])])
        #expect(agreement.largestDifference == 0.5)
        #expect(abs(agreement.largestRelativeDifference - 0.5 / 2.500001) < 1e-9)
    }

    @Test(arguments: [([Float.nan], [Float(0)]), ([.infinity], [-.infinity]), ([0], [.infinity])])
    func whatIsFiniteOnOneSideOnlyDisagrees(left: [Float], right: [Float]) throws {
        let agreement = try Agreement([floats(left)], [floats(right)])
        #expect(agreement.nonFinite == 1 && !agreement.isAcceptable)
    }

    @Test func whereEqualityIsAskedOneElementDecides() throws {
        let numbers = try (
            Tensor(.int64, Shape([3]), values: [Int64(1), 2, 3]), Tensor(.int64, Shape([3]), values: [Int64(1), 2, 4])
        )
        #expect(try Agreement([numbers.0], [numbers.1]).unequal == 1)
        let words = try (
            Tensor(Shape([2]), strings: StringElements(["a", "b"])),
            Tensor(Shape([2]), strings: StringElements(["c", "d"]))
        )
        #expect(try Agreement([words.0], [words.1]).unequal == 2)
        let packed = try (Tensor(.int4, Shape([2]), values: 0x21), Tensor(.int4, Shape([2]), values: 0x22))
        #expect(try !Agreement([packed.0], [packed.1]).isAcceptable)
        #expect(try Agreement([packed.0], [packed.0]).isAcceptable)
    }

    @Test func otherShapesTypesAndCountsCannotBeCompared() throws {
        let three = try floats([1, 2, 3])
        for other in [
            [], [try floats([1, 2])], [try Tensor(.int32, Shape([3]), values: [Int32(1), 2, 3])], [three, three],
        ] {
            let error = #expect(throws: WorkshopError.self) { try Agreement([three], other) }
            #expect(error?.code == .mismatch)
        }
    }
}

extension Tensor {
    /// A tensor of a packed type in one byte.
    fileprivate init(_ type: ElementType, _ shape: Shape, values byte: UInt8) throws {
        let buffer = TensorBuffer(capacity: 1)
        buffer.mutableBytes[0] = byte
        try self.init(type, shape, buffer: buffer)
    }
}
