import ModelGraph
import Optimize
import Tensors

/// A layer whose constant weights may become a product of two thinner ones: `MatMul`, `Gemm`, or a `Conv` that looks at one
/// place at a time.
struct LowRankLayer {
    let index: Int
    let node: Node
    let label: String
    let value: InputMoments.Wanted
    let depth: Int
    let columns: Int
    /// What is added afterwards; empty where nothing is.
    let bias: String
    /// `depth` rows of `columns`.
    let weights: @Sendable () throws -> [Float]

    /// Fewer inputs or outputs than this, and two products are never faster than one.
    private static let least = 32
    /// Inputs and outputs of which a square is held; the shorter side, of which eigenvectors are found.
    private static let most = (side: 4096, shorter: 1024)

    /// The layers of a graph, in order; and why others are not for it.
    static func all(_ view: GraphView) -> (layers: [LowRankLayer], records: [LayerRecord]) {
        var (products, records) = WeightLayer.all(view)
        var layers: [LowRankLayer] = []
        for index in view.nodes.indices where view.standardOperator(index) == "Conv" {
            do throws(RuleFault) {
                layers.append(try LowRankLayer(picture: index, view))
            } catch {
                records.append(LayerRecord(view.label(index), "Conv", isChanged: false, error.reason))
            }
        }
        products.removeAll { view.isOutput($0.node.input(1)) }
        layers += products.map(LowRankLayer.init)
        for layer in layers {
            guard let reason = layer.obstacle else { continue }
            records.append(LayerRecord(layer.label, layer.node.operatorType, isChanged: false, reason))
        }
        return (layers.filter { $0.obstacle == nil }.sorted { $0.index < $1.index }, records)
    }

    private var obstacle: String? {
        let size = "its weights are \(depth) by \(columns)"
        if min(depth, columns) < Self.least { return "\(size): too few for two products to be faster than one" }
        if max(depth, columns) > Self.most.side || min(depth, columns) > Self.most.shorter {
            return "\(size): their factors would take too long to find"
        }
        return nil
    }

    private init(_ layer: WeightLayer) {
        index = layer.index
        node = layer.node
        label = layer.label
        value = InputMoments.Wanted(name: layer.input, size: layer.depth, isPicture: false)
        depth = layer.depth
        columns = layer.columns
        bias = layer.bias
        weights = { try layer.weights() }
    }

    private init(picture index: Int, _ view: GraphView) throws(RuleFault) {
        let node = view.nodes[index]
        guard let constant = view.constant(node.input(1)), constant.elementType == .float32,
            view.elementType(node.input(0)) == .float32, !view.isOutput(node.input(1))
        else { throw RuleFault("its weights are no constant of 32-bit floats") }
        let sizes = constant.dimensions.map { Int($0) }
        guard sizes.count == 4, sizes[2] == 1, sizes[3] == 1, node.int("group") ?? 1 == 1,
            (node.ints("strides") ?? []).allSatisfy({ $0 == 1 }), (node.ints("pads") ?? []).allSatisfy({ $0 == 0 }),
            (node.text("auto_pad") ?? "NOTSET") == "NOTSET"
        else { throw RuleFault("it looks at more than one place at a time, or leaves some out") }
        self.index = index
        self.node = node
        label = view.label(index)
        (depth, columns) = (sizes[1], sizes[0])
        value = InputMoments.Wanted(name: node.input(0), size: sizes[1], isPicture: true)
        bias = node.input(2)
        let (rows, width) = (sizes[1], sizes[0])
        weights = {
            guard let values = try constant.tensor().values(as: Float.self), values.allSatisfy(\.isFinite) else {
                throw RuleFault("a weight is not finite")
            }
            var turned = [Float](repeating: 0, count: values.count)
            for column in 0..<width {
                for row in 0..<rows { turned[row * width + column] = values[column * rows + row] }
            }
            return turned
        }
    }

    // MARK: - Nodes

    /// The two layers that take its place.
    func nodes(_ factors: (first: [Float], second: [Float]), rank: Int, _ editor: inout GraphEditor) throws -> [Node] {
        let base = node.input(1)
        let middle = editor.freshName("\(node.output(0))_rank")
        let names = [
            editor.addConstant("\(base)_first", try tensor(factors.first, depth, rank)),
            editor.addConstant("\(base)_second", try tensor(factors.second, rank, columns)),
        ]
        let own = value.isPicture ? "Conv" : "MatMul"
        let last = value.isPicture ? "Conv" : bias.isEmpty ? "MatMul" : "Gemm"
        return [
            Node(own, [value.name, names[0]], [middle], name: editor.freshName("\(label)_first")),
            Node(last, [middle, names[1]] + (bias.isEmpty ? [] : [bias]), [node.output(0)], name: node.name),
        ]
    }

    /// Rows of columns, as the operator wants them.
    private func tensor(_ values: [Float], _ rows: Int, _ columns: Int) throws -> Tensor {
        guard value.isPicture else { return try Tensor(.float32, Shape([rows, columns]), values: values) }
        var turned = [Float](repeating: 0, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns { turned[column * rows + row] = values[row * columns + column] }
        }
        return try Tensor(.float32, Shape([columns, rows, 1, 1]), values: turned)
    }
}
