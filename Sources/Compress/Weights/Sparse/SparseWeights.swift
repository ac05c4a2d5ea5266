package import ModelGraph
import Optimize
import Tensors

/// Weights set to zero by magnitude. Neither the file nor a run gets any smaller of it, because engines keep and multiply
/// zeros like other numbers; what gets smaller is the packed file, and that is what is measured and told.
package struct SparseWeights: Recipe {
    package let name: String
    package let purpose: String
    private let pattern: SparsePattern

    /// What is set to zero when nobody says how much.
    package static let usualShare = 0.5
    /// Elements from which on a layer is worth it.
    private static let smallest = 1024
    /// Operators whose second input is weights, made along the first axis of them (or the last: `MatMul`, `Gemm`).
    private static let operators: Set<String> = ["Conv", "ConvTranspose", "Gemm", "MatMul"]

    /// Any weights.
    package init() {
        name = "sparse"
        purpose = "size only: small weights set to zero, so that the packed file is smaller; no run gets faster"
        pattern = .anywhere
    }

    /// Of each `of` weights in a row that one output reads, the `keeping` largest stay.
    package init(keeping: Int, of size: Int) {
        name = "sparse-\(keeping)-\(size)"
        purpose =
            "size only: of each \(size) weights in a row \(size - keeping) set to zero, as accelerators want them; "
            + "no run gets faster on a processor"
        pattern = .block(keeping: keeping, of: size)
    }

    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        let view = GraphView(model)
        let share = context.settings.prunedShare ?? Self.usualShare
        var editor = GraphEditor(model)
        var records: [LayerRecord] = []
        var seen: Set<String> = []
        var (zeros, all) = (0, 0)
        for index in view.nodes.indices {
            guard let type = view.standardOperator(index), Self.operators.contains(type) else { continue }
            let (name, label) = (view.nodes[index].input(1), view.label(index))
            guard let constant = view.constant(name), constant.elementType == .float32 else {
                records.append(LayerRecord(label, type, isChanged: false, "its weights are not constant in FP32"))
                continue
            }
            guard seen.insert(name).inserted else { continue }
            guard !view.isOutput(name), constant.elementCount ?? 0 >= Self.smallest, constant.dimensions.count >= 2
            else {
                records.append(LayerRecord(label, type, isChanged: false, "its weights are few"))
                continue
            }
            let tensor = try constant.tensor()
            let weights = try tensor.floats()
            guard weights.allSatisfy(\.isFinite) else {
                records.append(LayerRecord(label, type, isChanged: false, "a weight is not finite"))
                continue
            }
            let layout = SparseLayout(tensor.shape.dimensions, outputsFirst: outputsFirst(view.nodes[index], type))
            let kept = pattern.zeroed(weights, layout, share: share)
            let gone = kept.count { $0 == 0 }
            (zeros, all) = (zeros + gone, all + kept.count)
            try editor.setConstant(name, try Tensor(.float32, tensor.shape, values: kept))
            records.append(
                LayerRecord(
                    label, type, isChanged: true, "\(percent(gone, kept.count)) of \(kept.count) weights are zero",
                    decibels: Self.decibels(weights, kept)))
        }
        guard all > 0 else { throw RuleFault("no layer has \(Self.smallest) constant weights") }
        var result = RecipeResult(editor.model, layers: records)
        result.packed = (try PackedSize.bytes(of: model), try PackedSize.bytes(of: editor.model))
        result.notes = [
            "size only: \(percent(zeros, all)) of the weights are zero, which only packing uses; engines run zeros like "
                + "other numbers, so no run gets faster"
        ]
        return result
    }

    private func outputsFirst(_ node: Node, _ type: String) -> Bool {
        type == "Conv" || type == "Gemm" && node.int("transB") ?? 0 != 0
    }

    private func percent(_ part: Int, _ whole: Int) -> String {
        "\((Double(part) / Double(max(whole, 1)) * 1000).rounded() / 10) %"
    }

    private static func decibels(_ before: [Float], _ after: [Float]) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (a, b) in zip(before, after) {
            signal += Double(a) * Double(a)
            noise += Double(a - b) * Double(a - b)
        }
        return .decibels(signal, noise)
    }
}
