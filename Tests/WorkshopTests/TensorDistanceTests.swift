import Tensors
import Testing

@testable import Workshop

@Suite struct TensorDistanceTests {
    private static func tensor(_ values: [Float], _ shape: [Int]? = nil) throws -> Tensor {
        try Tensor(.float32, try Shape(shape ?? [values.count]), values: values)
    }

    @Test(
        arguments: [
            ([1, 2], [1, 2], 0, 0), ([1, 2], [1, 2.5], 0.5, 0.25), ([-4, 2], [-3, 2], 1, 0.25),
            ([0, 0], [0, 0], 0, 0),
            ([1, .nan], [1, .nan], 0, 0), ([1, .infinity], [1, .infinity], 0, 0), ([], [], 0, 0),
            ([1, 2], [1, .nan], Double.infinity, Double.infinity),
            ([.infinity, 2], [-.infinity, 2], Double.infinity, Double.infinity),
            ([0, 0], [0, 1e-6], 1e-6, 1),
        ] as [([Float], [Float], Double, Double)])
    func numbersAreMeasuredAgainstTheLargest(
        _ expected: [Float], _ found: [Float], _ difference: Double, _ relative: Double
    ) throws {
        let distance = TensorDistance(expected: try Self.tensor(expected), found: try Self.tensor(found))
        if difference.isInfinite {
            #expect(distance.difference.isInfinite && distance.relative.isInfinite)
        } else {
            #expect(abs(distance.difference - difference) < 1e-9 && abs(distance.relative - relative) < 1e-4)
        }
    }

    @Test func whatIsWholeHasToBeEqualAndShapesAsWell() throws {
        let shape = try Shape([3])
        let one = try Tensor(.int64, shape, values: [1, 2, 3] as [Int64])
        let other = try Tensor(.int64, shape, values: [1, 2, 4] as [Int64])
        #expect(TensorDistance(expected: one, found: one).relative == 0)
        #expect(TensorDistance(expected: one, found: other).unequal == 1)
        #expect(TensorDistance(expected: one, found: other).relative.isInfinite)
        let words = try Tensor(shape, strings: StringElements(["a", "b", "c"]))
        let others = try Tensor(shape, strings: StringElements(["a", "b", "d"]))
        #expect(TensorDistance(expected: words, found: others).unequal == 1)
        #expect(TensorDistance(expected: words, found: words).relative == 0)
        #expect(TensorDistance(expected: words, found: one).relative.isInfinite)
        let (flat, deep) = (try Self.tensor([1, 2]), try Self.tensor([1, 2], [2, 1]))
        #expect(TensorDistance(expected: flat, found: deep) == .apart)
    }
}
