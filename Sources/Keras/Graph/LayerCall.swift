import ModelGraph
import Tensors

/// What a layer does with a call: options have been read and checked before.
typealias LayerOperation = @Sendable (LayerCall) throws(KerasError) -> [KerasValue]

/// One use of a layer: what goes in, its weights, and the graph that it writes into.
final class LayerCall {
    let layer: LayerConfig
    let inputs: [KerasValue]
    let named: [String: KerasValue]
    let graph: NetworkGraph
    let weights: LayerWeights
    /// Names of the networks that the layer is in, and its own.
    let path: [String]
    private var written = 0

    init(
        _ layer: LayerConfig, _ inputs: [KerasValue], named: [String: KerasValue] = [:], graph: NetworkGraph,
        weights: LayerWeights, path: [String]
    ) {
        self.layer = layer
        self.inputs = inputs
        self.named = named
        self.graph = graph
        self.weights = weights
        self.path = path
    }

    /// A name for a node of this layer.
    func stem(_ part: String) -> String { (path.map(LayerName.inert) + [part]).joined(separator: "/") }

    /// Writes a weight, once for all uses of the layer.
    func constant(_ values: [Float], _ dimensions: [Int], _ part: String) -> String {
        written += 1
        // With their lengths, so that no two paths are one.
        let key = (path.map { "\($0.utf8.count):\($0)" } + ["\(written)"]).joined()
        return graph.weight(values, dimensions, key: key, stem(part))
    }

    /// The one value that goes in.
    ///
    /// - Throws: `KerasError` when there are none or several, or others by name.
    func input(rank: ClosedRange<Int> = 1...8) throws(KerasError) -> KerasValue {
        guard inputs.count == 1, named.isEmpty, let value = inputs.first else {
            throw layer.refusal("is given \(inputs.count + named.count) values; expected one")
        }
        return try check(value, rank)
    }

    @discardableResult
    func check(_ value: KerasValue, _ rank: ClosedRange<Int>) throws(KerasError) -> KerasValue {
        guard rank.contains(value.rank) else {
            throw layer.refusal("is given \(value.rank) dimensions; expected \(rank.lowerBound) to \(rank.upperBound)")
        }
        return value
    }

    /// The number of channels, which must be known.
    func channels(_ value: KerasValue) throws(KerasError) -> Int {
        guard let channels = value.channels, channels > 0 else {
            throw layer.refusal("is given values of which the last size is not known")
        }
        return channels
    }

    /// The value in single precision, as layers compute.
    func single(_ value: KerasValue) -> KerasValue { graph.cast(value, to: .float32, stem("single")) }

    func weight(_ sizes: [Int?], _ what: String, part: [[String]] = [[]]) throws(KerasError) -> LayerWeights.Weight {
        try weights.next(part, sizes, of: layer, what)
    }
}

extension LayerWeights.Weight {
    /// The axes in another order.
    func transposed(_ order: [Int]) -> LayerWeights.Weight {
        let sizes = order.map { dimensions[$0] }
        var strides = [Int](repeating: 1, count: dimensions.count)
        for axis in dimensions.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * dimensions[axis + 1]
        }
        let steps = order.map { strides[$0] }
        var index = [Int](repeating: 0, count: sizes.count)
        var place = 0
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for _ in values.indices {
            result.append(values[place])
            for axis in sizes.indices.reversed() {
                index[axis] += 1
                place += steps[axis]
                guard index[axis] == sizes[axis] else { break }
                place -= steps[axis] * sizes[axis]
                index[axis] = 0
            }
        }
        return LayerWeights.Weight(values: result, dimensions: sizes)
    }
}
