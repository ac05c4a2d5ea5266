import ModelGraph
import Optimize
import Tensors

/// A product of activations with constant weights of 32-bit floats: `x·W`, and for `Gemm` a bias.
struct WeightLayer {
    let index: Int
    let node: Node
    /// What a report calls it.
    let label: String
    /// The activations.
    let input: String
    /// What is added afterwards; empty where nothing is.
    let bias: String
    /// Sums of this many products.
    let depth: Int
    let columns: Int
    private let constant: TensorValue
    private let isTurned: Bool

    /// The weights' own name: what shares them is the same constant.
    var constantName: String { constant.name }

    /// The weights, `depth` rows of `columns`.
    ///
    /// - Throws: `RuleFault` when they are not finite.
    func weights() throws -> [Float] {
        guard let values = try constant.tensor().values(as: Float.self) else { throw RuleFault("no 32-bit floats") }
        guard values.allSatisfy(\.isFinite) else { throw RuleFault("a weight is not finite") }
        guard isTurned else { return values }
        var turned = [Float](repeating: 0, count: values.count)
        for column in 0..<columns {
            for row in 0..<depth { turned[row * columns + column] = values[column * depth + row] }
        }
        return turned
    }

    /// The products of a graph whose weights are worth a thought, in order; and why others are not for it.
    static func all(_ view: GraphView, smallest: Int = 1024) -> (layers: [WeightLayer], records: [LayerRecord]) {
        var layers: [WeightLayer] = []
        var records: [LayerRecord] = []
        for index in view.nodes.indices {
            guard let type = view.standardOperator(index), type == "MatMul" || type == "Gemm" else { continue }
            do {
                layers.append(try WeightLayer(index, type, view, smallest: smallest))
            } catch {
                records.append(LayerRecord(view.label(index), type, isChanged: false, error.reason))
            }
        }
        return (layers, records)
    }

    private init(_ index: Int, _ type: String, _ view: GraphView, smallest: Int) throws(RuleFault) {
        let node = view.nodes[index]
        guard let constant = view.constant(node.input(1)) else { throw RuleFault("both factors are activations") }
        guard constant.elementType == .float32, constant.dimensions.count == 2,
            view.elementType(node.input(0)) == .float32
        else { throw RuleFault("its weights are not a matrix of 32-bit floats") }
        isTurned = type == "Gemm" && node.int("transB") == 1
        let sizes = constant.dimensions.map { Int($0) }
        (depth, columns) = isTurned ? (sizes[1], sizes[0]) : (sizes[0], sizes[1])
        guard depth > 0, columns > 0, depth.multipliedReportingOverflow(by: columns).partialValue >= smallest else {
            throw RuleFault("its weights are few")
        }
        if type == "Gemm" {
            guard node.int("transA") ?? 0 == 0, node.float("alpha") ?? 1 == 1, node.float("beta") ?? 1 == 1 else {
                throw RuleFault("it turns or scales what it multiplies")
            }
        }
        guard !view.isOutput(node.input(1)) else { throw RuleFault("its weights are an output of the model") }
        self.index = index
        self.node = node
        self.constant = constant
        label = view.label(index)
        input = node.input(0)
        bias = type == "Gemm" ? node.input(2) : ""
    }
}
