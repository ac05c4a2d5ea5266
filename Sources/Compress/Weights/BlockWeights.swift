import Engines
package import ModelGraph
import Optimize
import Tensors

/// Weights in 8 or 4 bits by blocks, activations as they are. What is gained is memory, and time where few rows are
/// multiplied at a time, because reading weights is then what takes it.
package struct BlockWeights: Recipe {
    package let name: String
    package let purpose: String
    private let bits: Int
    private let sharing: Sharing
    /// Signal to noise under which a layer stays as it is, in decibels.
    private let least: Double

    /// Which weights of a column share a scale.
    private enum Sharing {
        /// As many rows as this.
        case blocks(Int)
        case columns
    }

    private static let block = 32
    private static let sampledRows = 512

    package init(bits: Int) {
        self.bits = bits
        sharing = .blocks(Self.block)
        name = "int\(bits)-weights"
        purpose = "weights in \(bits) bits by blocks of \(Self.block), activations in floats; embeddings in 8 bits"
        least = bits == 4 ? 10 : 25
    }

    /// Weights in 8 bits with a scale for each column, for an engine that rounds activations by itself where it finds such
    /// products, and multiplies in integers.
    init(columnsNamed name: String) {
        self.name = name
        bits = 8
        sharing = .columns
        purpose = "weights in 8 bits, a scale for each column; the engine rounds activations as they come"
        least = 25
    }

    package func apply(to original: Model, _ context: RecipeContext) throws -> RecipeResult {
        let isOwn = if case .blocks = sharing { context.settings.target == .onnxRuntime } else { false }
        let model = try modern(original, isOwn: isOwn)
        let view = GraphView(model)
        let (layers, skipped) = WeightLayer.all(view)
        var records = skipped
        var editor = GraphEditor(model)
        var edits = GraphEdits()
        let inputs = try inputs(model, layers, context)
        var feedback: [String: ErrorFeedback] = [:]
        for (number, layer) in layers.enumerated() {
            context.progress(RecipeStep("weights in \(bits) bits", done: number, of: layers.count))
            let found = inputs[layer.input].flatMap { $0.depth == layer.depth ? $0 : nil }
            if let found, !context.calibration.isGenerated, feedback[layer.input] == nil {
                feedback[layer.input] = ErrorFeedback(found)
            }
            let weights = try layer.weights()
            let errors = feedback[layer.input].flatMap { $0.depth == layer.depth ? $0 : nil }
            let made = BlockQuantization(
                weights, depth: layer.depth, columns: layer.columns, block: block(of: layer), bits: bits, errors: errors
            )
            let decibels = found.map {
                ProductSimulation($0, weights, width: layer.columns).decibels(
                    weights: made.restored, width: layer.columns)
            }
            guard decibels ?? least >= least else {
                records.append(
                    record(
                        layer, false, "stays in floats: \(bits) bits would leave less than \(Int(least)) dB", decibels))
                continue
            }
            let form = BlockForm(layer, made)
            edits.replacements[layer.index] = isOwn ? try form.own(&editor) : try form.standard(&editor)
            let how = errors == nil ? "rounded to the nearest" : "errors made up for"
            records.append(record(layer, true, "weights in \(bits) bits, \(how)", decibels))
        }
        records += try EmbeddingRows.rewrite(view, &editor, &edits)
        guard records.contains(where: \.isChanged) else {
            throw RuleFault("no product with constant weights and no embedding is worth \(bits) bits")
        }
        try editor.apply(edits)
        editor.removeUnused()
        return RecipeResult(Self.importing(editor.model, isOwn), layers: records, notes: notes(context, isOwn))
    }

    private func block(of layer: WeightLayer) -> Int {
        switch sharing {
        case .blocks(let rows): rows
        case .columns: layer.depth
        }
    }

    private func record(_ layer: WeightLayer, _ isChanged: Bool, _ action: String, _ decibels: Double?) -> LayerRecord {
        LayerRecord(layer.label, layer.node.operatorType, isChanged: isChanged, action, decibels: decibels)
    }

    private func notes(_ context: RecipeContext, _ isOwn: Bool) -> [String] {
        var notes: [String] = []
        if case .columns = sharing {
            notes.append(
                "OpenVINO rounds activations to 8 bits as they come, in groups; answers compared on another engine do not "
                    + "have that in them")
        }
        if isOwn { notes.append("MatMulNBits is ONNX Runtime's own operator: other engines do not run the result") }
        if context.calibration.isGenerated {
            notes.append("errors of rounding are made up for only with real inputs: --calibration")
        }
        return notes
    }

    /// Blocks in `DequantizeLinear` exist since operator set 21, a scale for each column since 13.
    private func modern(_ model: Model, isOwn: Bool) throws -> Model {
        let isByColumn = if case .columns = sharing { true } else { false }
        let needed: Int64 = isOwn || isByColumn ? 13 : 21
        guard model.opset ?? 0 < needed else { return model }
        return try OpsetConversion(needed).applied(to: model).model
    }

    private func inputs(
        _ model: Model, _ layers: [WeightLayer], _ context: RecipeContext
    ) throws -> [String: LayerInputs] {
        guard !layers.isEmpty else { return [:] }
        let depths = Dictionary(layers.map { ($0.input, $0.depth) }, uniquingKeysWith: { first, _ in first })
        return try LayerInputs.collected(model, depths, sample: Self.sampledRows, context)
    }

    private static func importing(_ model: Model, _ isOwn: Bool) -> Model {
        guard isOwn, model.opsetImports.version(of: "com.microsoft") == nil else { return model }
        var model = model
        model.opsetImports.append(OpsetImport(1, domain: "com.microsoft"))
        return model
    }
}
