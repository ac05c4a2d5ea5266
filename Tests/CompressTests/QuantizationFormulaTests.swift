import Tensors
import Testing

@testable import Compress

/// Scales and zeros against known values, and how far rounded numbers may be from what they stand for.
@Suite struct QuantizationFormulaTests {
    struct Case: Sendable {
        let range: (Double, Double)
        let kind: QuantizationParameters.Kind
        let scale: Float
        let zero: Int
    }

    @Test(arguments: [
        Case(range: (0, 255), kind: .unsigned, scale: 1, zero: 0),
        Case(range: (0, 6), kind: .unsigned, scale: 6 / 255, zero: 0),
        Case(range: (-1, 1), kind: .unsigned, scale: 2 / 255, zero: 128),
        Case(range: (-255, 0), kind: .unsigned, scale: 1, zero: 255),
        Case(range: (2, 10), kind: .unsigned, scale: 10 / 255, zero: 0),
        Case(range: (-127, 50), kind: .symmetric, scale: 1, zero: 0),
        Case(range: (-0.5, 2.54), kind: .symmetric, scale: 0.02, zero: 0),
    ])
    func scalesAreThoseOfTheBook(_ given: Case) {
        let parameters = QuantizationParameters(ValueRange(given.range.0, given.range.1), given.kind)
        #expect(abs(parameters.scale - given.scale) <= given.scale * 1e-6 && parameters.zero == given.zero)
        #expect(parameters.rounded(0) == 0)
    }

    @Test func whatIsInTheRangeIsRoundedByHalfAStepAtMost() {
        var generator = Seeded(seed: 3)
        for kind in [QuantizationParameters.Kind.unsigned, .symmetric] {
            for _ in 0..<50 {
                let low = Double.random(in: -100...0, using: &generator)
                let high = Double.random(in: 0.001...100, using: &generator)
                let parameters = QuantizationParameters(ValueRange(low, high), kind)
                for _ in 0..<50 {
                    let value = Float.random(in: Float(low)...Float(high), using: &generator)
                    // The zero is rounded too, which moves the ends by up to half a step.
                    let atEnd = kind == .unsigned ? parameters.scale / 2 : 0
                    let error = abs(parameters.rounded(value) - value)
                    #expect(error <= parameters.scale * 0.50001 + atEnd, "\(value) in \(low)...\(high)")
                }
            }
        }
    }

    @Test(arguments: [(0, [4, 3, 3, 3]), (1, [6, 5]), (0, [7, 2])])
    func weightsAreRoundedByHalfAStepOfTheirChannel(_ axis: Int, _ dimensions: [Int]) throws {
        let shape = try Shape(dimensions)
        var generator = Seeded(seed: 5)
        let values = (0..<shape.elementCount).map { _ in Float.random(in: -2...2, using: &generator) }
        let weights = try QuantizedWeights(values, shape, axis: axis)
        #expect(weights.scales.count == dimensions[axis] && weights.values.allSatisfy { $0 >= -127 })
        let inner = dimensions.dropFirst(axis + 1).reduce(1, *)
        for (place, restored) in weights.restored.enumerated() {
            let scale = weights.scales[place / inner % dimensions[axis]]
            #expect(abs(restored - values[place]) <= scale * 0.50001)
        }
        // The largest of each channel is met.
        for channel in 0..<dimensions[axis] {
            let own = values.indices.filter { $0 / inner % dimensions[axis] == channel }
            #expect(own.contains { abs(weights.values[$0]) == 127 })
        }
    }

    @Test(arguments: [(0, [5, 7, 3, 3]), (0, [3, 4]), (1, [4, 3]), (1, [2, 3, 5]), (0, [1, 1])])
    func stepsAreThoseOfOneElementAtATime(_ axis: Int, _ dimensions: [Int]) throws {
        let shape = try Shape(dimensions)
        var generator = Seeded(seed: 11)
        // Halves of steps, which go to the even neighbour.
        let values = (0..<shape.elementCount).map { _ in Float(Int.random(in: -254...254, using: &generator)) / 2 }
        let scales = (0..<dimensions[axis]).map { Float(1 << ($0 % 3)) }
        let places = ChannelPlaces(shape, axis: axis)
        let inner = dimensions.dropFirst(axis + 1).reduce(1, *)
        let steps = places.steps(values, scales, limit: 100)
        let restored = places.restored(steps, scales)
        var largest = [Float](repeating: 0, count: dimensions[axis])
        for place in values.indices {
            let channel = place / inner % dimensions[axis]
            let step = min(max((values[place] / scales[channel]).rounded(.toNearestOrEven), -100), 100)
            #expect(Float(steps[place]) == step && restored[place] == step * scales[channel])
            largest[channel] = max(largest[channel], abs(values[place]))
        }
        #expect(places.largest(values) == largest)
    }

    @Test func sevenBitsStayBelowSixtyFour() throws {
        let weights = try QuantizedWeights([-1, 0.75, 0.25, 1], try Shape([2, 2]), axis: 0, limit: 63)
        #expect(weights.values == [-63, 47, 16, 63])
    }

    @Test func aLargeBiasRaisesTheScaleOfItsWeights() throws {
        let bias: [Float] = [1e6, 0.5]
        let floor = QuantizedBias.floor(bias, inputScale: 1e-3)
        let weights = try QuantizedWeights([1e-9, 1e-9, 1, 1], try Shape([2, 2]), axis: 0, floor: floor)
        let values = QuantizedBias.values(bias, inputScale: 1e-3, scales: weights.scales)
        for (value, (wanted, scale)) in zip(values, zip(bias, weights.scales)) {
            let restored = Double(value) * Double(scale) * 1e-3
            #expect(abs(restored - Double(wanted)) <= Double(wanted) * 1e-2)
            #expect(value < Int32.max)
        }
    }
}
