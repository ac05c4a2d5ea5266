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
    /// Whether channels have scales of their own; else all in `scales` are equal.
    private let scalesChannels: Bool

    /// Quantises: `scale = max |w| / limit` for each channel, or for all.
    ///
    /// - Parameters:
    ///   - scalesChannels: whether channels have scales of their own.
    ///   - limit: the largest whole number: 127, or 63 where processors add up pairs of products in 16 bits.
    ///   - floor: the least scale that each channel may have, so that its bias fits.
    /// - Throws: `RuleFault` for weights that are not finite.
    package init(
        _ weights: [Float], _ shape: Shape, axis: Int, limit: Float = 127, floor: [Float] = [],
        scalesChannels: Bool = true
    ) throws {
        self.scalesChannels = scalesChannels
        self.shape = shape
        self.axis = axis
        guard weights.count == shape.elementCount,
            weights.withUnsafeBufferPointer({ VectorKernels.extremes($0).isFinite })
        else { throw RuleFault("its weights are not finite") }
        let places = ChannelPlaces(shape, axis: axis)
        var scales = places.largest(weights).enumerated().map { channel, largest in
            max(largest / limit, floor.isEmpty ? 0 : floor[channel], 1e-30)
        }
        if !scalesChannels { scales = [Float](repeating: scales.max() ?? 1, count: scales.count) }
        self.scales = scales
        values = places.steps(weights, scales, limit: limit)
    }

    /// What the whole numbers stand for.
    package var restored: [Float] { ChannelPlaces(shape, axis: axis).restored(values, scales) }

    func tensors() throws -> (values: Tensor, scales: Tensor, zeros: Tensor) {
        let own = scalesChannels ? scales : Array(scales.prefix(1))
        let count = try Shape(scalesChannels ? [own.count] : [])
        return (
            try Tensor(.int8, shape, values: values), try Tensor(.float32, count, values: own),
            try Tensor(.int8, count, values: [Int8](repeating: 0, count: own.count))
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
