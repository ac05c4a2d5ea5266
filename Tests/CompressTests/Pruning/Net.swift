import ModelGraph
import Tensors

/// A network in the making: nodes that are added to the end, with seeded weights of their own.
struct Net {
    private(set) var nodes: [Node] = []
    private(set) var constants: [TensorValue] = []
    private var generator: SplitMix
    private let input: [Dimension]

    init(_ input: [Dimension], seed: UInt64 = 1) {
        self.input = input
        generator = SplitMix(state: seed)
    }

    /// Adds a node and gives the name of its value, which is the node's too.
    @discardableResult
    mutating func add(
        _ type: String, _ inputs: [String], _ name: String, _ attributes: [Attribute] = [], outputs: [String] = []
    ) -> String {
        nodes.append(Node(type, inputs, outputs.isEmpty ? [name] : outputs, name: name, attributes: attributes))
        return name
    }

    mutating func floats(_ name: String, _ dimensions: [Int], from low: Float = -1, to high: Float = 1) throws -> String
    {
        let shape = try Shape(dimensions)
        let values = (0..<shape.elementCount).map { _ in Float.random(in: low...high, using: &generator) }
        constants.append(TensorValue(name, try Tensor(.float32, shape, values: values)))
        return name
    }

    mutating func ints(_ name: String, _ values: [Int64]) throws -> String {
        constants.append(TensorValue(name, try Tensor(.int64, Shape([values.count]), values: values)))
        return name
    }

    mutating func convolution(
        _ source: String, _ name: String, _ read: Int, _ made: Int, kernel: Int = 3, groups: Int = 1
    ) throws -> String {
        let weights = try floats("\(name).w", [made, read / groups, kernel, kernel])
        let pad = Int64(kernel / 2)
        return add(
            "Conv", [source, weights, try floats("\(name).b", [made])], name,
            [Attribute("pads", .ints([pad, pad, pad, pad])), Attribute("group", .int(Int64(groups)))])
    }

    mutating func normalization(_ source: String, _ name: String, _ channels: Int) throws -> String {
        add(
            "BatchNormalization",
            [
                source, try floats("\(name).scale", [channels], from: 0.5, to: 1.5),
                try floats("\(name).shift", [channels]), try floats("\(name).mean", [channels]),
                try floats("\(name).variance", [channels], from: 0.5, to: 2),
            ], name)
    }

    mutating func dense(_ source: String, _ name: String, _ read: Int, _ made: Int, isTurned: Bool = false) throws
        -> String
    {
        let weights = try floats("\(name).w", isTurned ? [made, read] : [read, made])
        return add(
            "Gemm", [source, weights, try floats("\(name).b", [made])], name,
            isTurned ? [Attribute("transB", .int(1))] : [])
    }

    /// `x · w + b` over the last axis.
    mutating func projection(_ source: String, _ name: String, _ read: Int, _ made: Int) throws -> String {
        add("MatMul", [source, try floats("\(name).w", [read, made])], "\(name).product")
        return add("Add", ["\(name).product", try floats("\(name).b", [made])], name)
    }

    /// Reduces pictures to the output `y`: what is made of `source` is summed over by a dense layer.
    mutating func head(_ source: String, _ channels: Int) throws {
        add("GlobalAveragePool", [source], "pooled")
        add("Flatten", ["pooled"], "flat")
        _ = try dense("flat", "y", channels, 3)
    }

    func model(opset: Int64 = 17, outputs: [String] = ["y"]) -> Model {
        let graph = Graph(
            "net", nodes: nodes, initializers: constants, inputs: [ValueInfo("x", .float32, input)],
            outputs: outputs.map { ValueInfo($0, .float32, nil) })
        return Model(graph, opset: opset, irVersion: 8)
    }
}

/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
