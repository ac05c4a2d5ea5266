import ModelGraph
import Tensors

/// Builds a small ONNX model with seeded weights, one node after another.
struct ModelBuilder {
    private(set) var graph = Graph("test")
    private var state: UInt64
    private var count = 0

    init(seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// The next of a sequence of numbers between -1 and 1. Source: Marsaglia's xorshift64.
    mutating func number() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }

    /// A constant of numbers between `-scale` and `scale`, moved by `offset`.
    mutating func weights(_ shape: [Int], scale: Float = 0.3, offset: Float = 0) throws -> String {
        let values = (0..<shape.reduce(1, *)).map { _ in number() * scale + offset }
        return try constant(Tensor(.float32, Shape(shape), values: values))
    }

    mutating func integers(_ values: [Int64]) throws -> String {
        try constant(Tensor(.int64, Shape([values.count]), values: values))
    }

    mutating func scalar(_ value: Float) throws -> String {
        try constant(Tensor(.float32, .scalar, values: [value]))
    }

    mutating func constant(_ tensor: Tensor) throws -> String {
        count += 1
        graph.initializers.append(TensorValue("c\(count)", tensor))
        return "c\(count)"
    }

    mutating func input(_ name: String, _ type: ElementType = .float32, _ dimensions: [Dimension]) -> String {
        graph.inputs.append(ValueInfo(name, type, dimensions))
        return name
    }

    /// Adds a node and gives the name of what it makes.
    mutating func node(
        _ type: String, _ inputs: [String], _ attributes: [Attribute] = []
    ) -> String { nodes(type, inputs, attributes, outputs: 1)[0] }

    mutating func nodes(
        _ type: String, _ inputs: [String], _ attributes: [Attribute] = [], outputs: Int
    ) -> [String] {
        count += 1
        let made = (0..<outputs).map { "v\(count)_\($0)" }
        graph.nodes.append(Node(type, inputs, made, name: "\(type.lowercased())_\(count)", attributes: attributes))
        return made
    }

    /// The model with these outputs, of types that are inferred.
    mutating func model(_ outputs: [String], types: [ElementType]? = nil, opset: Int64 = 20) -> Model {
        var graph = graph
        graph.outputs = outputs.enumerated().map { index, name in
            ValueInfo(name, types?[index] ?? .float32, nil)
        }
        var model = Model(graph, opset: opset, irVersion: 9)
        let found = model.inferred(InferenceOptions(batch: 1))
        for index in model.graph.outputs.indices {
            if let type = found[model.graph.outputs[index].name] { model.graph.outputs[index].type = type }
        }
        return model
    }
}

extension Attribute {
    static func ints(_ name: String, _ values: [Int64]) -> Attribute { Attribute(name, .ints(values)) }
    static func int(_ name: String, _ value: Int64) -> Attribute { Attribute(name, .int(value)) }
    static func float(_ name: String, _ value: Float) -> Attribute { Attribute(name, .float(value)) }
    static func text(_ name: String, _ value: String) -> Attribute { Attribute(name, .text(value)) }
}
