import ModelGraph
import Optimize
import Tensors

/// Evens out the channels between two convolutions: what one makes larger, the next makes smaller by as much.
///
/// With one scale for all channels of an activation, channels of small numbers are rounded away beside channels of large ones;
/// depthwise convolutions have them far apart. `W₁ / s`, `b₁ / s`, `W₂ · s` with `s = √(r₁·r₂) / r₂` for each channel, where
/// `r` is the largest weight: answers stay, because a Relu between lets factors through. A Relu6 does not.
///
/// Source: M. Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019, 4.1.
struct ChannelEqualization {
    private let view: GraphView
    private var weights: [String: [Float]] = [:]
    private var shapes: [String: [Int]] = [:]
    private var pairs: [Pair] = []

    private static let sweeps = 20
    /// Factors beyond which floats would suffer more than whole numbers gain.
    private static let mostFactor: Float = 0x1p24

    private struct Pair {
        let first: Node
        let second: Node
        let firstIndex: Int
    }

    /// - Parameter always: whether it is done also where no convolution is depthwise.
    /// - Returns: the model evened out, and how many pairs of convolutions were; `nil` where there is nothing to be done.
    static func applied(to model: Model, always: Bool = false) throws -> (model: Model, pairs: Int)? {
        let view = GraphView(model)
        var equalization = ChannelEqualization(view)
        guard always || view.nodes.indices.contains(where: { equalization.isDepthwise($0) }) else { return nil }
        try equalization.findPairs()
        guard !equalization.pairs.isEmpty else { return nil }
        for _ in 0..<sweeps { for pair in equalization.pairs { equalization.even(pair) } }
        return (try equalization.written(), equalization.pairs.count)
    }

    private init(_ view: GraphView) { self.view = view }

    private func isDepthwise(_ index: Int) -> Bool {
        guard view.standardOperator(index) == "Conv", let group = view.nodes[index].int("group"), group > 1,
            let weights = view.constant(view.nodes[index].input(1))
        else { return false }
        return weights.dimensions.first == group && weights.dimensions.dropFirst().first == 1
    }

    /// A convolution whose weights and bias are its own.
    private func isOwn(_ index: Int) -> Bool {
        guard view.standardOperator(index) == "Conv" else { return false }
        let node = view.nodes[index]
        return [node.input(1), node.input(2)].allSatisfy { name in
            name.isEmpty || view.constant(name)?.elementType == .float32 && view.onlyReader(of: name) == index
        }
    }

    private mutating func findPairs() throws {
        for first in view.nodes.indices where isOwn(first) {
            guard var second = view.onlyReader(of: view.nodes[first].output(0)) else { continue }
            if ["Relu", "LeakyRelu"].contains(view.standardOperator(second) ?? "") {
                guard let next = view.onlyReader(of: view.nodes[second].output(0)) else { continue }
                second = next
            }
            guard isOwn(second), isDepthwise(second) || view.nodes[second].int("group") ?? 1 == 1 else { continue }
            try load(first)
            try load(second)
            pairs.append(Pair(first: view.nodes[first], second: view.nodes[second], firstIndex: first))
        }
    }

    private mutating func load(_ index: Int) throws {
        let node = view.nodes[index]
        for name in [node.input(1), node.input(2)] where !name.isEmpty && weights[name] == nil {
            guard let tensor = try view.constant(name)?.tensor(), let values = tensor.values(as: Float.self) else {
                throw RuleFault("'\(name)' cannot be read")
            }
            weights[name] = values
            shapes[name] = tensor.shape.dimensions
        }
    }

    private mutating func even(_ pair: Pair) {
        let (w1, w2, b1) = (pair.first.input(1), pair.second.input(1), pair.first.input(2))
        guard var first = weights[w1], var second = weights[w2], let one = shapes[w1], let two = shapes[w2] else {
            return
        }
        let channels = one[0]
        let row = one.dropFirst().reduce(1, *)
        let kernel = two.dropFirst(2).reduce(1, *)
        let isDepthwise = pair.second.int("group") ?? 1 > 1
        guard channels == (isDepthwise ? two[0] : two[1]) else { return }
        var bias = weights[b1]
        for channel in 0..<channels {
            let places = Self.places(channel, of: two, kernel, isDepthwise)
            let r1 = first[(channel * row)..<((channel + 1) * row)].reduce(0) { max($0, $1.magnitude) }
            let r2 = places.reduce(0) { max($0, second[$1].magnitude) }
            guard r1 > 0, r2 > 0 else { continue }
            let factor = (r1 * r2).squareRoot() / r2
            guard factor.isFinite, factor < Self.mostFactor, factor > 1 / Self.mostFactor else { continue }
            for place in (channel * row)..<((channel + 1) * row) { first[place] /= factor }
            bias?[channel] /= factor
            for place in places { second[place] *= factor }
        }
        weights[w1] = first
        weights[w2] = second
        if let bias { weights[b1] = bias }
    }

    /// Where the weights are that a channel of the input meets.
    private static func places(
        _ channel: Int, of shape: [Int], _ kernel: Int, _ isDepthwise: Bool
    ) -> [Int] {
        if isDepthwise { return Array((channel * kernel * shape[1])..<((channel + 1) * kernel * shape[1])) }
        return (0..<shape[0]).flatMap { output -> Range<Int> in
            let start = (output * shape[1] + channel) * kernel
            return start..<(start + kernel)
        }
    }

    private func written() throws -> Model {
        var editor = GraphEditor(view.model)
        for (name, values) in weights.sorted(by: { $0.key < $1.key }) {
            try editor.setConstant(name, try Tensor(.float32, Shape(shapes[name] ?? []), values: values))
        }
        return editor.model
    }
}
