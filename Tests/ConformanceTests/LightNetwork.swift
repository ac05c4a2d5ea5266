import Glibc
import ModelGraph
import Tensors

/// A network of the `onnx` wheel's `light` folder: the graph is real, but its weights are placeholders of one number,
/// so that it answers the same whatever it is asked. Here it gets weights worth running.
struct LightNetwork {
    let name: String

    static let names = [
        "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19",
        "zfnet512",
    ]

    private var path: String { "\(TestData.folder ?? "")/light/light_\(name).onnx" }

    /// The model with seeded weights: He-normal for convolutions and dense layers, plausible statistics for batch
    /// normalisation. Every placeholder node becomes an initializer, and what only fed it goes.
    func model() throws -> Model {
        let shipped = try Model.read(path: path)
        var editor = GraphEditor(shipped)
        var source = WeightSource(seed: 0x51_1b_aa_17)
        let shapes = Dictionary(
            shipped.graph.initializers.compactMap { tensor in tensor.integers.map { (tensor.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        let readers = Self.readers(of: shipped.graph)
        for node in shipped.graph.nodes where node.operatorType == "ConstantOfShape" {
            guard let name = node.outputs.first, let shape = node.inputs.first.flatMap({ shapes[$0] }) else { continue }
            let role = Self.role(of: name, readers, shape)
            try editor.setConstant(name, try source.tensor(role, Shape(shape)))
        }
        editor.removeUnused()
        return editor.model
    }

    /// What a weight is for, which decides how it is spread.
    enum Role {
        case weight(fanIn: Int)
        case scale, shift, mean, variance
    }

    private static func readers(of graph: Graph) -> [String: (node: Node, position: Int)] {
        var readers: [String: (node: Node, position: Int)] = [:]
        for node in graph.nodes {
            for (position, input) in node.inputs.enumerated() where readers[input] == nil {
                readers[input] = (node, position)
            }
        }
        return readers
    }

    private static func role(
        of name: String, _ readers: [String: (node: Node, position: Int)], _ shape: [Int]
    ) -> Role {
        guard let reader = readers[name] else { return .shift }
        switch (reader.node.operatorType, reader.position) {
        case ("Conv", 1): return .weight(fanIn: shape.dropFirst().reduce(1, *))
        case ("Gemm", 1):
            return .weight(fanIn: reader.node.attribute("transB")?.value.intValue == 1 ? shape[1] : shape[0])
        case ("BatchNormalization", 1), ("Mul", _): return .scale
        case ("BatchNormalization", 3): return .mean
        case ("BatchNormalization", 4): return .variance
        case ("Unsqueeze", _): return role(of: reader.node.outputs.first ?? "", readers, shape)
        default: return .shift
        }
    }
}

/// Seeded weights. Long ones repeat a block whose length is a prime, so that no two filters are alike.
struct WeightSource {
    private var generator: SplitMix64
    private let block: [Float]

    init(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        block = (0..<16_381).map { _ in generator.normal() }
        self.generator = generator
    }

    mutating func tensor(_ role: LightNetwork.Role, _ shape: Shape) throws -> Tensor {
        switch role {
        case .weight(let fanIn): return try tensor(shape, scale: (2 / Float(max(1, fanIn))).squareRoot(), offset: 0)
        case .scale: return try tensor(shape, scale: 0.1, offset: 0.7)
        case .shift, .mean: return try tensor(shape, scale: 0.1, offset: 0)
        case .variance:
            let values = (0..<shape.elementCount).map { _ in 0.5 + generator.uniform() }
            return try Tensor(.float32, shape, values: values)
        }
    }

    private mutating func tensor(_ shape: Shape, scale: Float, offset: Float) throws -> Tensor {
        let start = Int(generator.next() % UInt64(block.count))
        let values = (block[start...] + block[..<start]).map { $0 * scale + offset }
        let tensor = try Tensor(zeros: .float32, shape)
        guard case .buffer(let buffer) = tensor.storage else { return tensor }
        values.withUnsafeBytes { source in
            for place in stride(from: 0, to: tensor.byteCount, by: source.count) {
                let count = min(source.count, tensor.byteCount - place)
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer.mutableBytes[place..<(place + count)])
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            }
        }
        return tensor
    }
}

/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// From 0 up to 1.
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Source: Box and Muller, 1958.
    mutating func normal() -> Float {
        let radius = (-2 * logf(max(uniform(), 0x1p-24))).squareRoot()
        return radius * cosf(2 * .pi * uniform())
    }
}
