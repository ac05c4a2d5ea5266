import Engines
import ModelGraph
import Optimize
import Tensors

/// Runs a layer by itself, whole and as two, side by side: fewer operations are not always less time.
struct LayerRace {
    private let runner: ModelRunner
    /// By what decides: equal layers are run once.
    private var known: [String: Double] = [:]

    /// Seconds for each.
    private static let seconds = 0.08

    init(_ runner: ModelRunner) { self.runner = runner }

    /// How many times as fast the layer is with a rank.
    ///
    /// - Parameter shape: of what arrives in a run.
    /// - Throws: the engine's words.
    mutating func factor(_ layer: LowRankLayer, rank: Int, shape: [Int]) throws -> Double {
        let key = "\(layer.value.isPicture) \(shape) \(layer.depth) \(layer.columns) \(rank)"
        if let factor = known[key] { return factor }
        let inputs = [try Self.tensor(shape)]
        let sessions = try [[layer.depth, layer.columns], [layer.depth, rank, layer.columns]].map { sizes in
            try runner.session(try Self.model(sizes, layer.value.isPicture, shape), optimized: true)
        }
        let times = try SideBySide.times(of: sessions, on: inputs, seconds: Self.seconds)
        let factor = times[1].p50 > 0 ? times[0].p50 / times[1].p50 : 1
        known[key] = factor
        return factor
    }

    /// Layers of these sizes, one after the other.
    private static func model(_ sizes: [Int], _ isPicture: Bool, _ shape: [Int]) throws -> Model {
        var nodes: [Node] = []
        var weights: [TensorValue] = []
        for place in sizes.indices.dropLast() {
            let (depth, columns) = (sizes[place], sizes[place + 1])
            weights.append(
                TensorValue("w\(place)", try tensor(isPicture ? [columns, depth, 1, 1] : [depth, columns])))
            nodes.append(
                Node(
                    isPicture ? "Conv" : "MatMul", ["x\(place)", "w\(place)"], ["x\(place + 1)"],
                    name: "layer \(place)"))
        }
        let graph = Graph(
            "layer", nodes: nodes, initializers: weights,
            inputs: [ValueInfo("x0", .float32, shape.map { .fixed($0) })],
            outputs: [ValueInfo("x\(sizes.count - 1)", .float32, nil)])
        return Model(graph, opset: 17, irVersion: 8)
    }

    /// Numbers of the usual size, which no kernel treats as special.
    private static func tensor(_ sizes: [Int]) throws -> Tensor {
        let count = sizes.reduce(1, *)
        let values: [Float] = (0..<count).map { (place: Int) -> Float in
            let step = (place &* 40_503) & 0xff
            return Float(step) / 512 - 0.25
        }
        return try Tensor(.float32, Shape(sizes), values: values)
    }
}
