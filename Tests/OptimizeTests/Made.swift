import Engines
import ModelGraph
import Optimize
import Tensors

/// Models made in code, and what to run them on.
enum Made {
    static let catalog = EngineCatalog()

    static func engine() throws -> any Engine { try catalog.engine(.onnxRuntime) }

    /// A constant of floats that repeat nothing: `seed` and place decide.
    static func floats(
        _ name: String, _ dimensions: [Int], seed: UInt64 = 1, from low: Float = -1, to high: Float = 1
    ) throws -> TensorValue {
        var generator = Seeded(seed: seed &+ UInt64(name.utf8.reduce(0) { $0 * 31 + Int($1) }))
        let shape = try Shape(dimensions)
        let values = (0..<shape.elementCount).map { _ in Float.random(in: low...high, using: &generator) }
        return TensorValue(name, try Tensor(.float32, shape, values: values))
    }

    static func ints(_ name: String, _ values: [Int64]) throws -> TensorValue {
        TensorValue(name, try Tensor(.int64, Shape([values.count]), values: values))
    }

    /// The four parameters of a normalisation: `bn_scale`, `bn_shift`, `bn_mean`, `bn_variance`.
    static func statistics(_ channels: Int, _ prefix: String = "bn") throws -> [TensorValue] {
        [
            try floats("\(prefix)_scale", [channels], from: 0.5, to: 1.5), try floats("\(prefix)_shift", [channels]),
            try floats("\(prefix)_mean", [channels]), try floats("\(prefix)_variance", [channels], from: 0.5, to: 2),
        ]
    }

    static func normalization(_ input: String, _ output: String, _ prefix: String = "bn") -> Node {
        Node(
            "BatchNormalization",
            [input] + ["scale", "shift", "mean", "variance"].map { "\(prefix)_\($0)" }, [output], name: prefix)
    }

    /// A model of floats with one input `x` and one output `y`.
    static func model(
        _ input: [Dimension], _ nodes: [Node], _ constants: [TensorValue], output: [Dimension]? = nil,
        opset: Int64 = 17,
        outputs: [ValueInfo] = []
    ) -> Model {
        let graph = Graph(
            "made", nodes: nodes, initializers: constants, inputs: [ValueInfo("x", .float32, input)],
            outputs: [ValueInfo("y", .float32, output)] + outputs)
        return Model(graph, opset: opset, irVersion: 8)
    }

    /// `x [N, channels, 8, 8]`, a convolution `w` with bias `b`, normalised.
    static func convolution(
        weights: [Int] = [4, 3, 3, 3], _ type: String = "Conv", _ attributes: [Attribute] = [], channels: Int = 3,
        bias: Bool = true
    ) throws -> Model {
        let group = attributes.first { $0.name == "group" }?.value.intValue ?? 1
        let made = type == "Conv" ? weights[0] : weights[1] * Int(group)
        let constants = [try floats("w", weights)] + (bias ? [try floats("b", [made])] : []) + (try statistics(made))
        let nodes = [
            Node(type, ["x", "w"] + (bias ? ["b"] : []), ["c"], name: "conv", attributes: attributes),
            normalization("c", "y"),
        ]
        return model([.symbol("N"), .fixed(channels), .fixed(8), .fixed(8)], nodes, constants)
    }

    /// What passes make of a model, with the report.
    static func optimized(
        _ model: Model, _ passes: [any GraphPass] = PassCatalog.all
    ) throws -> (model: Model, report: OptimizationReport) {
        try OptimizationWork(try engine(), passes: passes, measuresSpeed: false).run(model)
    }

    /// The passes of these names.
    static func passes(_ names: String...) -> [any GraphPass] { PassCatalog.all.filter { names.contains($0.name) } }
}

/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

extension Model {
    /// The operators in order.
    var operators: [String] { graph.nodes.map(\.operatorType) }
}

extension OptimizationReport {
    func record(_ name: String) -> PassRecord? { records.first { $0.name == name } }

    /// Every reason for which something was left alone.
    var refusals: [String] { records.flatMap(\.refusals).map(\.reason) }
}
