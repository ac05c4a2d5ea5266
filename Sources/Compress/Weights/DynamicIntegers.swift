import Engines
package import ModelGraph
import Optimize
import Tensors

/// Products in 8 bits without ranges found beforehand: each run finds the range of its activations. What arrives is
/// smoothed into the weights where that helps; a layer that would still lose too much stays in floats.
package struct DynamicIntegers: Recipe {
    package let name = "int8-dynamic"
    package let purpose = "products with weights in 8 bits, activations rounded as they come; embeddings in 8 bits"
    package let computesInIntegers = true
    /// Signal to noise under which a layer stays as it is, in decibels.
    private let least: Double
    private let smooths: Bool

    private static let sampledRows = 256

    package init(least: Double = 25, smooths: Bool = true) {
        self.least = least
        self.smooths = smooths
    }

    package func apply(to original: Model, _ context: RecipeContext) throws -> RecipeResult {
        // OpenVINO runs what ONNX Runtime takes at 0.75 of its speed in floats; in a form of its own, at twice that speed.
        guard context.settings.target == .onnxRuntime else {
            return try BlockWeights(columnsNamed: name).apply(to: original, context)
        }
        let model = try Self.modern(original)
        let view = GraphView(model)
        var (layers, records) = WeightLayer.all(view)
        layers.removeAll { $0.columns < 2 }
        let isNarrow = !context.settings.hasByteProducts || IntegerProbe.saturates(context.runner)
        let largest = isNarrow ? 63 : 127
        var work = DynamicRewriting(view, largest: largest)
        if !layers.isEmpty {
            let depths = Dictionary(layers.map { ($0.input, $0.depth) }, uniquingKeysWith: { first, _ in first })
            let inputs = try LayerInputs.collected(model, depths, sample: Self.sampledRows, context)
            for (number, group) in Self.groups(layers).enumerated() {
                context.progress(RecipeStep("layers in 8 bits", done: number, of: depths.count))
                records += try work.rewrite(group, inputs[group[0].input], least: least, smooths: smooths)
            }
        }
        records += try work.rewriteEmbeddings()
        guard records.contains(where: \.isChanged) else {
            throw RuleFault("no product with constant weights and no embedding is worth being put into 8 bits")
        }
        let order = Dictionary(view.nodes.indices.map { (view.label($0), $0) }, uniquingKeysWith: { first, _ in first })
        records.sort { order[$0.node] ?? 0 < order[$1.node] ?? 0 }
        return RecipeResult(try work.finished(), layers: records, notes: notes(context, largest))
    }

    private func notes(_ context: RecipeContext, _ largest: Int) -> [String] {
        var notes: [String] = []
        if largest < 127 {
            notes.append(
                "weights have 7 bits: processors without VNNI add up pairs of products in 16 bits"
            )
        }
        if context.calibration.isGenerated {
            notes.append("which layers stay in floats was decided on made-up inputs; give real ones with --calibration")
        }
        return notes
    }

    /// `DynamicQuantizeLinear` exists since operator set 11.
    private static func modern(_ model: Model) throws -> Model {
        guard model.opset ?? 0 < 13 else { return model }
        return try OpsetConversion(13).applied(to: model).model
    }

    /// Layers that read the same value, in order of the first of them.
    private static func groups(_ layers: [WeightLayer]) -> [[WeightLayer]] {
        var groups: [[WeightLayer]] = []
        var places: [String: Int] = [:]
        for layer in layers {
            if let place = places[layer.input], groups[place][0].depth == layer.depth {
                groups[place].append(layer)
            } else {
                places[layer.input] = groups.count
                groups.append([layer])
            }
        }
        return groups
    }
}
