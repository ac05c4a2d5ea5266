import Engines
import ModelGraph
import Optimize
import Tensors

/// What arrives at layers when the model runs on calibration inputs: how far each channel reaches, and a sample of rows.
struct LayerInputs {
    /// The least and the greatest of each channel, over all rows, with 0 among them.
    private(set) var lowest: [Float]
    private(set) var highest: [Float]
    /// Some rows, one after another.
    private(set) var rows: [Float] = []
    var depth: Int { highest.count }
    var rowCount: Int { depth > 0 ? rows.count / depth : 0 }

    /// The largest magnitude of each channel.
    var largest: [Float] { zip(lowest, highest).map { max(-$0, $1) } }

    private init(depth: Int) {
        lowest = [Float](repeating: 0, count: depth)
        highest = lowest
    }

    private mutating func add(_ values: [Float], taking most: Int, upTo limit: Int) {
        let count = values.count / depth
        for row in 0..<count {
            for channel in 0..<depth {
                let value = values[row * depth + channel]
                lowest[channel] = min(lowest[channel], value)
                highest[channel] = max(highest[channel], value)
            }
        }
        // Evenly spread, so that short texts and long ones are both seen.
        let step = max(1, count / max(1, most))
        for row in stride(from: 0, to: count, by: step) where rows.count < limit * depth {
            rows += values[row * depth..<(row + 1) * depth]
        }
    }

    /// Runs the model and looks at values, as many at a time as the settings' memory allows.
    ///
    /// - Parameters:
    ///   - depths: of each value, the size of its last axis.
    ///   - sample: rows of each that are kept, at most.
    /// - Throws: the engine's words, and what the calibration data are refused for.
    static func collected(
        _ model: Model, _ depths: [String: Int], sample: Int, _ context: RecipeContext
    ) throws -> [String: LayerInputs] {
        var found: [String: LayerInputs] = [:]
        let all = depths.sorted { $0.key < $1.key }
        let group = max(1, min(all.count, context.settings.observedBytes / (4 << 20)))
        let batch = 1
        let batches = max(1, (context.calibration.rows ?? 64) / batch)
        for start in stride(from: 0, to: all.count, by: group) {
            let names = all[start..<min(start + group, all.count)]
            context.progress(RecipeStep("observing inputs of layers", done: start, of: all.count))
            try observe(model, Array(names), context, batch: batch) { name, depth, values in
                found[name, default: LayerInputs(depth: depth)]
                    .add(values, taking: max(1, sample / batches), upTo: sample)
            }
        }
        return found
    }

    private static func observe(
        _ model: Model, _ names: [(key: String, value: Int)], _ context: RecipeContext, batch: Int,
        _ body: (String, Int, [Float]) -> Void
    ) throws {
        let types = model.inferred()
        let inputs = Set(model.graph.inputs.map(\.name))
        let outputs = model.graph.outputs.map(\.name)
        var editor = GraphEditor(model)
        for (name, _) in names where !outputs.contains(name) && !inputs.contains(name) {
            var info = ValueInfo()
            info.name = name
            info.type = types[name]
            editor.addOutput(info)
        }
        let session = try context.runner.session(editor.model, optimized: true)
        let signature = try model.signature
        try context.calibration.forEachBatch(of: batch, for: signature) { tensors in
            let made = try session.run(tensors)
            var values = Dictionary(
                zip(session.signature.outputs.map(\.name), made).map { ($0, $1) },
                uniquingKeysWith: { first, _ in first })
            values.merge(zip(signature.inputs.map(\.name), tensors).map { ($0, $1) }) { first, _ in first }
            for (name, depth) in names {
                guard let floats = values[name]?.values(as: Float.self), floats.count.isMultiple(of: depth) else {
                    continue
                }
                body(name, depth, floats)
            }
        }
    }
}
