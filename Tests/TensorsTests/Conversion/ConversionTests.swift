import Testing

@testable import Tensors

@Suite struct ConversionTests {
    private static let numeric = ElementType.allCases.filter(\.isNumeric)

    @Test(arguments: numeric, numeric) func smallWholeNumbersSurviveEveryConversion(
        _ from: ElementType, _ to: ElementType
    ) throws {
        let values: [Double] = [0, 1, 1, 0]
        let source = try Tensor(.float64, try Shape([2, 2]), values: values).converted(to: from)
        let result = try source.converted(to: to)
        #expect(result.elementType == to)
        #expect(result.shape.dimensions == [2, 2])
        #expect(try result.doubles() == values)
    }

    @Test(arguments: [
        (256.0, ElementType.uint8), (-1, .uint8), (128, .int8), (1.5, .int32), (.nan, .int64), (.infinity, .int32),
        (1e39, .float32),
        (65520, .float16), (3.4e38 * 1.01, .bfloat16), (2, .bool), (0.5, .bool), (9.3e18, .int64), (1.9e19, .uint64),
        (-0.5, .uint16),
    ])
    func valuesOutOfRangeAreNamed(_ value: Double, _ type: ElementType) throws {
        let tensor = try Tensor(.float64, try Shape([3]), values: [0, 1, value])
        let error = #expect(throws: TensorError.self) { try tensor.converted(to: type) }
        #expect(error?.code == .outOfRange)
        #expect(error?.message.hasPrefix("element 2 ") == true)
    }

    @Test func largeIntegersAreNotRoundedOnTheWay() throws {
        let signed = try Tensor(.int64, try Shape([2]), values: [Int64.max, 9_007_199_254_740_993])
        #expect(
            try signed.converted(to: .uint64).values(as: UInt64.self) == [UInt64(Int64.max), 9_007_199_254_740_993])
        let unsigned = try Tensor(.uint64, try Shape([1]), values: [UInt64.max])
        #expect(throws: TensorError.self) { try unsigned.converted(to: .int64) }
        #expect(throws: TensorError.self) {
            try Tensor(.int64, try Shape([1]), values: [Int64(-1)]).converted(to: .uint64)
        }
    }

    @Test func nonFiniteFloatsStayAsTheyAre() throws {
        let tensor = try Tensor(.float64, try Shape([3]), values: [Double.infinity, -.infinity, .nan])
        for type in [ElementType.float16, .bfloat16, .float32] {
            let values = try tensor.converted(to: type).doubles()
            #expect(values[0] == .infinity)
            #expect(values[1] == -.infinity)
            #expect(values[2].isNaN)
        }
    }

    @Test func everyHalfFloatSurvivesTheWayThroughFloat() throws {
        for type in [ElementType.float16, .bfloat16] {
            let bits = (UInt16.min ... .max).map { $0 }
            let halves = try Tensor(type, try Shape([bits.count]), values: bits)
            let back = try #require(try halves.converted(to: .float32).converted(to: type).values(as: UInt16.self))
            let doubles = try halves.doubles()
            #expect(bits.indices.allSatisfy { doubles[$0].isNaN || back[$0] == bits[$0] })
        }
    }

    @Test func bfloat16RoundsOnceToTheNearestEven() {
        var generator = SeededGenerator(seed: 11)
        var wrong: [UInt16] = []
        for _ in 0..<50_000 {
            let pattern = UInt16.random(in: 0..<0x7F7F, using: &generator)
            let (low, high) = (BFloat16(bitPattern: pattern), BFloat16(bitPattern: pattern + 1))
            let midpoint = (Double(low.float) + Double(high.float)) / 2
            let even = pattern.isMultiple(of: 2) ? pattern : pattern + 1
            let isRight =
                BFloat16(midpoint).bitPattern == even && BFloat16(midpoint.nextUp).bitPattern == pattern + 1
                && BFloat16(midpoint.nextDown).bitPattern == pattern
                && BFloat16(-midpoint.nextUp).bitPattern == pattern + 1 | 0x8000
            if !isRight { wrong.append(pattern) }
        }
        #expect(wrong.isEmpty)
        #expect(BFloat16(Float.nan).float.isNaN)
        #expect(BFloat16(Float.greatestFiniteMagnitude).float == .infinity)
        #expect(BFloat16(Float.leastNonzeroMagnitude).float == 0)
    }

    @Test(arguments: [ElementType.string, .complex64, .int4, .float8e4m3fn]) func otherTypesAreRefused(
        _ type: ElementType
    ) throws {
        let other = try Tensor(zeros: type, try Shape([2]))
        let error = #expect(throws: TensorError.self) { try other.doubles() }
        #expect(error?.code == .unsupportedType)
        #expect(throws: TensorError.self) { try other.converted(to: .float32) }
        #expect(throws: TensorError.self) { try Tensor(zeros: .float32, try Shape([2])).converted(to: type) }
    }
}
