import Engines
import Glibc
import ModelGraph
import Optimize
import Tensors

@testable import Compress

/// Models and data made in code, and what to run them on.
enum Made {
    static let catalog = EngineCatalog()

    static func runner() throws -> ModelRunner { ModelRunner(try catalog.engine(.onnxRuntime)) }

    static func context(_ source: any CalibrationSource, _ settings: RecipeSettings = RecipeSettings()) throws
        -> RecipeContext
    {
        RecipeContext(runner: try runner(), calibration: source, settings: settings)
    }

    static func tensor(_ values: [Float], _ dimensions: [Int]) throws -> Tensor {
        try Tensor(.float32, Shape(dimensions), values: values)
    }

    static func floats(
        _ name: String, _ dimensions: [Int], from low: Float = -1, to high: Float = 1
    ) throws -> TensorValue {
        TensorValue(name, try random(dimensions, seed: UInt64(name.utf8.reduce(7) { $0 * 31 + Int($1) }), low, high))
    }

    static func random(_ dimensions: [Int], seed: UInt64, _ low: Float = -1, _ high: Float = 1) throws -> Tensor {
        var generator = Seeded(seed: seed)
        let count = dimensions.reduce(1, *)
        return try tensor((0..<count).map { _ in Float.random(in: low...high, using: &generator) }, dimensions)
    }

    /// A normally distributed number. Source: Box and Muller, 1958.
    static func normal(_ generator: inout Seeded) -> Float {
        let radius = (-2 * log(Double.random(in: 1e-12...1, using: &generator))).squareRoot()
        return Float(radius * cos(2 * .pi * Double.random(in: 0...1, using: &generator)))
    }

    /// A small residual network: convolutions, a sum, pools, a concatenation, a dense layer. `x [N, 3, 8, 8]`.
    static func network(width: Int = 8) throws -> Model {
        let pads = Attribute("pads", .ints([1, 1, 1, 1]))
        let nodes = [
            Node("Conv", ["x", "w1", "b1"], ["c1"], name: "first", attributes: [pads]),
            Node("Relu", ["c1"], ["r1"], name: "relu1"),
            Node(
                "MaxPool", ["r1"], ["p1"], name: "pool",
                attributes: [Attribute("kernel_shape", .ints([2, 2])), Attribute("strides", .ints([2, 2]))]),
            Node("Conv", ["p1", "w2", "b2"], ["c2"], name: "second", attributes: [pads]),
            Node("Add", ["c2", "p1"], ["a"], name: "sum"), Node("Relu", ["a"], ["r2"], name: "relu2"),
            Node("Conv", ["r2", "w3"], ["c3"], name: "third"),
            Node("Concat", ["c3", "r2"], ["k"], name: "together", attributes: [Attribute("axis", .int(1))]),
            Node("GlobalAveragePool", ["k"], ["g"], name: "average"),
            Node("Flatten", ["g"], ["f"], name: "flat"), Node("Gemm", ["f", "w4", "b4"], ["y"], name: "dense"),
        ]
        let constants = [
            try floats("w1", [width, 3, 3, 3]), try floats("b1", [width]),
            try floats("w2", [width, width, 3, 3], from: -0.3, to: 0.3), try floats("b2", [width]),
            try floats("w3", [4, width, 1, 1]), try floats("w4", [width + 4, 5]), try floats("b4", [5]),
        ]
        return model([.symbol("N"), .fixed(3), .fixed(8), .fixed(8)], nodes, constants)
    }

    static func model(_ input: [Dimension], _ nodes: [Node], _ constants: [TensorValue], opset: Int64 = 17) -> Model {
        let graph = Graph(
            "made", nodes: nodes, initializers: constants, inputs: [ValueInfo("x", .float32, input)],
            outputs: [ValueInfo("y", .float32, nil)])
        return Model(graph, opset: opset, irVersion: 8)
    }

    static func source(_ dimensions: [Int], seed: UInt64 = 1) throws -> TensorCalibration {
        TensorCalibration([try random(dimensions, seed: seed)], source: "made.npz")
    }

    /// How alike two lists of numbers are: 1, the same direction.
    static func cosine(_ a: [Double], _ b: [Double]) -> Double {
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        let (x, y) = (a.reduce(0) { $0 + $1 * $1 }, b.reduce(0) { $0 + $1 * $1 })
        return product / (x * y).squareRoot()
    }
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
