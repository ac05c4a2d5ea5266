import Optimize
package import Tensors

/// Weights as 8-bit whole numbers, symmetric, with a scale for each output channel.
package struct QuantizedWeights: Sendable {
    package private(set) var values: [Int8]
    /// One for each channel.
    package private(set) var scales: [Float]
    package let shape: Shape
    /// The axis of the output channels.
    package let axis: Int
    /// Elements from one step of the axis to the next.
    private let inner: Int

    /// Quantises: `scale = max |w| / limit` for each channel.
    ///
    /// - Parameters:
    ///   - limit: the largest whole number: 127, or 63 where processors add up pairs of products in 16 bits.
    ///   - floor: the least scale that each channel may have, so that its bias fits.
    /// - Throws: `RuleFault` for weights that are not finite.
    package init(
        _ weights: [Float], _ shape: Shape, axis: Int, limit: Float = 127, floor: [Float] = []
    ) throws {
        self.shape = shape
        self.axis = axis
        inner = shape.dimensions.dropFirst(axis + 1).reduce(1, *)
        let (inner, channels) = (inner, shape.dimensions[axis])
        var largest = [Float](repeating: 0, count: channels)
        for place in weights.indices {
            let channel = place / inner % channels
            largest[channel] = max(largest[channel], weights[place].magnitude)
        }
        guard weights.count == shape.elementCount, weights.allSatisfy(\.isFinite) else {
            throw RuleFault("its weights are not finite")
        }
        let scales = largest.indices.map { channel in
            max(largest[channel] / limit, floor.isEmpty ? 0 : floor[channel], 1e-30)
        }
        self.scales = scales
        values = weights.indices.map { place in
            let step = (weights[place] / scales[place / inner % channels]).rounded(.toNearestOrEven)
            return Int8(min(max(step, -limit), limit))
        }
    }

    /// What the whole numbers stand for.
    package var restored: [Float] {
        let channels = scales.count
        return values.indices.map { Float(values[$0]) * scales[$0 / inner % channels] }
    }

    func tensors() throws -> (values: Tensor, scales: Tensor, zeros: Tensor) {
        let count = try Shape([scales.count])
        return (
            try Tensor(.int8, shape, values: values), try Tensor(.float32, count, values: scales),
            try Tensor(.int8, count, values: [Int8](repeating: 0, count: scales.count))
        )
    }
}

/// A bias as 32-bit whole numbers in units of input scale times weight scale.
package enum QuantizedBias {
    /// The least weight scale with which each number fits.
    package static func floor(_ bias: [Float], inputScale: Float) -> [Float] {
        bias.map { Float(Double($0.magnitude) / (Double(inputScale) * 0x1p31) * 1.001) }
    }

    package static func values(_ bias: [Float], inputScale: Float, scales: [Float]) -> [Int32] {
        zip(bias, scales).map { value, scale in
            let step = (Double(value) / (Double(inputScale) * Double(scale))).rounded(.toNearestOrEven)
            return Int32(min(max(step, Double(Int32.min)), Double(Int32.max)))
        }
    }
}
