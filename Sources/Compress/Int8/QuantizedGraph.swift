import ModelGraph
import Optimize
import Tensors

/// Writes a graph with `QuantizeLinear` and `DequantizeLinear` around what is to run in whole numbers.
///
/// Every quantised value has one `QuantizeLinear`, every integer node that reads it a `DequantizeLinear` of its own: so the
/// engine finds each node with its surroundings. Weights are stored as whole numbers, not rounded when the model is loaded.
struct QuantizedGraph {
    private let view: GraphView
    private let placement: Placement
    private let parameters: [String: QuantizationParameters]
    private let means: [String: [Double]]
    private let settings: RecipeSettings
    private var editor: GraphEditor
    private var edits = GraphEdits()
    /// Weights that are there already, by name and bits of their floors.
    private var weightNames: [String: (values: String, scales: String, zeros: String)] = [:]
    /// Scale and zero of a quantised value.
    private var parameterNames: [String: (scale: String, zero: String)] = [:]
    private var notes: [Int: String] = [:]

    /// - Parameters:
    ///   - parameters: of each value that is quantised.
    ///   - means: of the channels of what weighted nodes read; without, biases are not corrected.
    init(
        _ view: GraphView, _ placement: Placement, _ parameters: [String: QuantizationParameters],
        means: [String: [Double]], settings: RecipeSettings
    ) {
        self.view = view
        self.placement = placement
        self.parameters = parameters
        self.means = means
        self.settings = settings
        editor = GraphEditor(view.model)
    }

    /// The model in whole numbers, and what was done to which node.
    mutating func written() throws -> (model: Model, actions: [Int: String]) {
        for input in view.model.graph.requiredInputs where placement.values.contains(input.name) {
            prepended += try quantize(input.name, from: input.name)
        }
        for index in view.nodes.indices { try rewrite(index) }
        if !prepended.isEmpty {
            edits.replacements[0] = prepended + (edits.replacements[0] ?? [view.nodes[0]])
        }
        try editor.apply(edits)
        editor.removeUnused()
        return (editor.model, notes)
    }

    /// What stands before all nodes.
    private var prepended: [Node] = []

    // MARK: - Nodes

    private mutating func rewrite(_ index: Int) throws {
        if placement.folded.contains(where: { $0.value == index && placement.isInteger($0.key) }) {
            edits.replacements[index] = []
            return
        }
        var node = view.nodes[index]
        var before: [Node] = []
        let isInteger = placement.isInteger(index)
        if isInteger {
            let values = Set(placement.activations(of: index))
            for place in node.inputs.indices where values.contains(node.inputs[place]) {
                let value = node.inputs[place]
                node.inputs[place] = editor.freshName("\(value)_restored")
                before.append(try dequantize(value, as: node.inputs[place]))
            }
            if let weighted = placement.weighted[index] { before += try quantizeWeights(weighted, &node) }
        }
        var after: [Node] = []
        let activation = isInteger ? placement.folded[index] : nil
        if let activation {
            let result = view.nodes[activation].output(0)
            if let found = parameters[result], found.kind == .unsigned, found.zero == 0, endsWithin(activation, found) {
                node.outputs = [result]
            } else {
                after.append(view.nodes[activation])
            }
        }
        after = try finish(&node, after, isInteger: isInteger)
        guard !before.isEmpty || !after.isEmpty || node != view.nodes[index] else { return }
        edits.replacements[index] = before + [node] + after
    }

    /// Whether no number of a range is beyond what an activation lets through: one that is shared with others may reach further
    /// than a Clip.
    private func endsWithin(_ activation: Int, _ found: QuantizationParameters) -> Bool {
        let node = view.nodes[activation]
        guard node.operatorType == "Clip", !node.input(2).isEmpty else { return true }
        let most = (try? view.constant(node.input(2))?.tensor())?.values(as: Float.self)?.first
        return most.map { found.scale * 255 <= $0 * 1.001 } ?? false
    }

    /// Quantises what a node makes. Where the node is run in whole numbers, everybody reads the rounded value: the float
    /// one must have no other reader.
    private mutating func finish(_ node: inout Node, _ activation: [Node], isInteger: Bool) throws -> [Node] {
        var last = activation.last ?? node
        var after: [Node] = []
        for place in last.outputs.indices where placement.values.contains(last.outputs[place]) {
            let value = last.outputs[place]
            guard isInteger else {
                after += try quantize(value, from: value)
                continue
            }
            let raw = editor.freshName("\(value)_float")
            last.outputs[place] = raw
            after += try quantize(value, from: raw)
            if isReadInFloats(value) { after.append(try dequantize(value, as: value)) }
        }
        if activation.isEmpty {
            node = last
            return after
        }
        return [last] + after
    }

    private func isReadInFloats(_ value: String) -> Bool {
        if view.isOutput(value) { return true }
        return view.readers(of: value).contains { reader in
            !placement.isInteger(reader) || !placement.activations(of: reader).contains(value)
                || !view.nodes[reader].inputs.contains(value)
        }
    }

    // MARK: - Values

    private func quantizedName(_ value: String) -> String { "\(value)_quantized" }

    private mutating func names(_ value: String) throws -> (scale: String, zero: String) {
        if let names = parameterNames[value] { return names }
        guard let found = parameters[value] else { throw RuleFault("no range is known of '\(value)'") }
        let names = (
            editor.addConstant("\(value)_scale", try found.scaleTensor()),
            editor.addConstant("\(value)_zero", try found.zeroTensor())
        )
        parameterNames[value] = names
        return names
    }

    private mutating func quantize(_ value: String, from raw: String) throws -> [Node] {
        let names = try names(value)
        return [
            Node(
                "QuantizeLinear", [raw, names.scale, names.zero], [quantizedName(value)],
                name: editor.freshName("\(value)_quantize"))
        ]
    }

    private mutating func dequantize(_ value: String, as name: String) throws -> Node {
        let names = try names(value)
        return Node(
            "DequantizeLinear", [quantizedName(value), names.scale, names.zero], [name],
            name: editor.freshName("\(value)_dequantize"))
    }

    // MARK: - Weights

    private mutating func quantizeWeights(_ weighted: WeightedNode, _ node: inout Node) throws -> [Node] {
        let values = try weighted.weightValues(view)
        guard let input = parameters[view.nodes[weighted.index].input(0)] else {
            throw RuleFault("no range is known of what '\(view.label(weighted.index))' reads")
        }
        var bias = try weighted.biasValues(view)
        let floor = bias.map { QuantizedBias.floor($0, inputScale: input.scale) } ?? []
        let limit: Float = settings.hasByteProducts ? 127 : 63
        let weights = try QuantizedWeights(
            values, weighted.shape, axis: weighted.axis, limit: limit, floor: floor,
            scalesChannels: settings.scalesChannels)
        if settings.correctsBias, node.operatorType != "MatMul" { correct(&bias, weighted, values, weights) }
        var nodes = [try storeWeights(weighted, weights, &node)]
        if let bias, node.operatorType != "MatMul" {
            nodes.append(try storeBias(weighted, bias, input.scale, weights.scales, &node))
        }
        notes[weighted.index] =
            settings.scalesChannels ? "int8, \(weights.scales.count) weight scales" : "int8, one weight scale"
        return nodes
    }

    private func correct(
        _ bias: inout [Float]?, _ weighted: WeightedNode, _ values: [Float], _ weights: QuantizedWeights
    ) {
        guard let means = means[view.nodes[weighted.index].input(0)],
            let shift = weighted.biasShift(values, weights.restored, means: means)
        else { return }
        let old = bias ?? [Float](repeating: 0, count: weighted.channels)
        bias = zip(old, shift).map { $0 - Float($1) }
    }

    private mutating func storeWeights(
        _ weighted: WeightedNode, _ weights: QuantizedWeights, _ node: inout Node
    ) throws -> Node {
        let tensors = try weights.tensors()
        let scaleBytes = weights.scales.map { String($0.bitPattern, radix: 36) }.joined(separator: ",")
        let key = "\(weighted.weights) \(weighted.axis) \(scaleBytes)"
        let names =
            weightNames[key]
            ?? (
                editor.addConstant("\(weighted.weights)_int8", tensors.values),
                editor.addConstant("\(weighted.weights)_scale", tensors.scales),
                editor.addConstant("\(weighted.weights)_zero", tensors.zeros)
            )
        weightNames[key] = names
        let restored = editor.freshName("\(weighted.weights)_restored")
        node.inputs[1] = restored
        return Node(
            "DequantizeLinear", [names.values, names.scales, names.zeros], [restored],
            name: editor.freshName("\(weighted.weights)_dequantize"),
            attributes: settings.scalesChannels ? [Attribute("axis", .int(Int64(weighted.axis)))] : [])
    }

    private mutating func storeBias(
        _ weighted: WeightedNode, _ bias: [Float], _ inputScale: Float, _ scales: [Float], _ node: inout Node
    ) throws -> Node {
        let base = weighted.bias.isEmpty ? "\(weighted.weights)_bias" : weighted.bias
        let count = try Shape([bias.count])
        let values = QuantizedBias.values(bias, inputScale: inputScale, scales: scales)
        let inputs = [
            editor.addConstant("\(base)_int32", try Tensor(.int32, count, values: values)),
            editor.addConstant("\(base)_scale", try Tensor(.float32, count, values: scales.map { $0 * inputScale })),
            editor.addConstant(
                "\(base)_zero", try Tensor(.int32, count, values: [Int32](repeating: 0, count: bias.count))),
        ]
        let restored = editor.freshName("\(base)_restored")
        if node.inputs.count < 3 { node.inputs.append(restored) } else { node.inputs[2] = restored }
        return Node(
            "DequantizeLinear", inputs, [restored], name: editor.freshName("\(base)_dequantize"),
            attributes: [Attribute("axis", .int(0))])
    }
}
