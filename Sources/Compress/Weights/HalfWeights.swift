package import ModelGraph
import Optimize
import Tensors

/// Weights stored in 16-bit floats: half the file. A `Cast` behind each makes them 32 bits again when the engine loads the
/// model, so that every engine runs it, at the speed that it had.
package struct HalfWeights: Recipe {
    package let name = "fp16"
    package let purpose = "weights stored in 16-bit floats, computed with in 32: half the file, the same speed"

    /// Elements from which on a weight is worth a node.
    private static let smallest = 256
    /// The largest 16-bit float.
    private static let limit: Float = 65504
    /// Signal to noise that a weight must keep; normal numbers keep over 70 dB, those that are too small less.
    private static let least = 50.0

    package init() {}

    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        let view = GraphView(model)
        guard view.opset >= 6 else { throw RuleFault("Cast in this form exists since operator set 6") }
        var editor = GraphEditor(model)
        var records: [LayerRecord] = []
        for constant in model.graph.initializers {
            guard let found = view.constant(constant.name), found.elementType == .float32,
                found.elementCount ?? 0 >= Self.smallest, let first = view.readers(of: constant.name).first,
                !view.isOutput(constant.name), let values = try found.tensor().values(as: Float.self)
            else { continue }
            let type = view.nodes[first].operatorType
            let half = values.map { Float16($0) }
            if let reason = Self.fault(values, half) {
                records.append(
                    LayerRecord(constant.name, type, isChanged: false, reason.words, decibels: reason.decibels))
                continue
            }
            let stored = try Tensor(.float16, Shape(found.dimensions.map { Int($0) }), values: half)
            let name = editor.addConstant("\(constant.name)_fp16", stored)
            let wide = editor.freshName("\(constant.name)_fp32")
            editor.replaceReads(of: constant.name, with: wide)
            editor.prepend(
                Node(
                    "Cast", [name], [wide], name: editor.freshName("\(constant.name)_cast"),
                    attributes: [Attribute("to", .int(1))]))
            records.append(
                LayerRecord(
                    constant.name, type, isChanged: true, "stored in 16 bits", decibels: Self.decibels(values, half)))
        }
        guard records.contains(where: \.isChanged) else { throw RuleFault("no weight can be stored in 16 bits") }
        editor.removeUnused()
        return RecipeResult(
            editor.model, layers: records,
            notes: [
                "the file is smaller; memory and speed are as before, because engines widen weights when they load them"
            ])
    }

    /// Why a weight stays in 32 bits.
    private static func fault(_ values: [Float], _ half: [Float16]) -> (words: String, decibels: Double?)? {
        if let beyond = values.first(where: { !($0.magnitude <= limit) }) {
            return ("stays in 32 bits: it holds \(beyond), and 16 bits end at 65504", nil)
        }
        let decibels = decibels(values, half)
        guard decibels >= least else { return ("stays in 32 bits: its numbers are too small for 16", decibels) }
        return nil
    }

    private static func decibels(_ values: [Float], _ half: [Float16]) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (a, b) in zip(values, half) {
            let difference = Double(a) - Double(b)
            signal += Double(a) * Double(a)
            noise += difference * difference
        }
        return .decibels(signal, noise)
    }
}
