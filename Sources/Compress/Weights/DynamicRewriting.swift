import ModelGraph
import Optimize
import Tensors

/// Puts nodes on integers in the place of products: `x·W ≈ (q(x)·q(W)) · s(x) · s(W)`.
struct DynamicRewriting {
    private let view: GraphView
    private let largest: Int
    private var editor: GraphEditor
    private var edits = GraphEdits()

    init(_ view: GraphView, largest: Int) {
        self.view = view
        self.largest = largest
        editor = GraphEditor(view.model)
    }

    /// The model, without the weights that nobody reads any more.
    func finished() throws -> Model {
        var editor = editor
        try editor.apply(edits)
        editor.removeUnused()
        return editor.model
    }

    mutating func rewriteEmbeddings() throws -> [LayerRecord] {
        try EmbeddingRows.rewrite(view, &editor, &edits)
    }

    // MARK: - Products

    /// Rewrites layers that read the same activations.
    ///
    /// - Parameter inputs: what arrives there; without, all are rewritten unsmoothed.
    mutating func rewrite(
        _ group: [WeightLayer], _ inputs: LayerInputs?, least: Double, smooths: Bool
    ) throws -> [LayerRecord] {
        let weights = try group.map { try $0.weights() }
        var smoothing: Smoothing?
        var decibels = [Double?](repeating: nil, count: group.count)
        if let inputs, inputs.rowCount > 0 {
            let simulations = zip(group, weights).map { ProductSimulation(inputs, $1, width: $0.columns) }
            if smooths {
                let magnitudes = Self.rowMagnitudes(group, weights)
                let found = Smoothing.searched(inputs, simulations, rowMagnitudes: magnitudes, largest: largest)
                (smoothing, decibels) = (found.smoothing, found.decibels)
            } else {
                decibels = simulations.map { $0.decibels(smoothing: nil, largest: largest) }
            }
        }
        let taken = group.indices.filter { decibels[$0] ?? least >= least }
        var records = group.indices.filter { !taken.contains($0) }.map { place in
            LayerRecord(
                group[place].label, group[place].node.operatorType, isChanged: false,
                "stays in floats: 8 bits would leave less than \(Int(least)) dB", decibels: decibels[place])
        }
        guard let first = taken.first else { return records }
        let activations = try activations(of: group[first], smoothing)
        for place in taken {
            let nodes = try product(group[place], weights[place], smoothing, activations.names)
            edits.replacements[group[place].index] = (place == first ? activations.nodes : []) + nodes
            let strength = smoothing.map { ", smoothed with \($0.strength)" } ?? ""
            records.append(
                LayerRecord(
                    group[place].label, group[place].node.operatorType, isChanged: true,
                    "8 bits by column\(strength)", decibels: decibels[place]))
        }
        return records
    }

    private static func rowMagnitudes(_ group: [WeightLayer], _ weights: [[Float]]) -> [Float] {
        var largest = [Float](repeating: 0, count: group[0].depth)
        for (layer, weights) in zip(group, weights) {
            for row in 0..<layer.depth {
                for column in 0..<layer.columns {
                    largest[row] = max(largest[row], weights[row * layer.columns + column].magnitude)
                }
            }
        }
        return largest
    }

    /// The activations in 8 bits, their scale and their zero point.
    private typealias Activations = (value: String, scale: String, zero: String)

    private mutating func activations(
        of layer: WeightLayer, _ smoothing: Smoothing?
    ) throws -> (nodes: [Node], names: Activations) {
        var nodes: [Node] = []
        var input = layer.input
        if let smoothing {
            let inverse = try Tensor(
                .float32, Shape([smoothing.factors.count]), values: smoothing.factors.map { 1 / $0 })
            let factor = editor.addConstant("\(input)_smoothing", inverse)
            let smooth = editor.freshName("\(input)_smooth")
            nodes.append(Node("Mul", [input, factor], [smooth], name: editor.freshName("\(layer.label)_smoothing")))
            input = smooth
        }
        let names = (
            editor.freshName("\(input)_quantized"), editor.freshName("\(input)_scale"),
            editor.freshName("\(input)_zero")
        )
        nodes.append(
            Node(
                "DynamicQuantizeLinear", [input], [names.0, names.1, names.2],
                name: editor.freshName("\(layer.label)_activations")))
        return (nodes, names)
    }

    private mutating func product(
        _ layer: WeightLayer, _ weights: [Float], _ smoothing: Smoothing?, _ activations: Activations
    ) throws -> [Node] {
        var weights = weights
        if let factors = smoothing?.factors {
            for row in 0..<layer.depth {
                for column in 0..<layer.columns { weights[row * layer.columns + column] *= factors[row] }
            }
        }
        let quantized = ColumnQuantization(weights, depth: layer.depth, columns: layer.columns, largest: largest)
        let base = layer.node.input(1)
        let values = editor.addConstant(
            "\(base)_int8", try Tensor(.int8, Shape([layer.depth, layer.columns]), values: quantized.values))
        let scales = editor.addConstant(
            "\(base)_scales", try Tensor(.float32, Shape([layer.columns]), values: quantized.scales))
        let output = layer.node.output(0)
        let sums = editor.freshName("\(output)_sums")
        let floats = editor.freshName("\(output)_floats")
        let factor = editor.freshName("\(output)_factor")
        let product = layer.bias.isEmpty ? output : editor.freshName("\(output)_product")
        var nodes = [
            Node("MatMulInteger", [activations.value, values, activations.zero], [sums], name: layer.node.name),
            Node("Cast", [sums], [floats], attributes: [Attribute("to", .int(1))]),
            Node("Mul", [activations.scale, scales], [factor]), Node("Mul", [floats, factor], [product]),
        ]
        if !layer.bias.isEmpty { nodes.append(Node("Add", [product, layer.bias], [output])) }
        return nodes
    }
}
