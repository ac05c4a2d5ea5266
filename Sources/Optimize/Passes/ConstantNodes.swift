package import ModelGraph
import Tensors

/// Makes `Constant` nodes initializers, so that every constant is in one place.
package struct ConstantNodes: GraphPass {
    package let name = "constants"
    package let purpose = "Constant nodes made weights"
    package let tolerance = Tolerance.exact

    package init() {}

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        let view = GraphView(editor.model)
        var edits = GraphEdits()
        var refusals: [Refusal] = []
        for (index, node) in view.nodes.enumerated() where view.standardOperator(index) == "Constant" {
            guard let output = node.outputs.first, !output.isEmpty, let tensor = Self.value(of: node) else {
                refusals.append(Refusal(view.label(index), "its value is sparse, of strings, or not whole"))
                continue
            }
            guard !view.isOutput(output) else {
                refusals.append(Refusal(view.label(index), "it is an output of the model"))
                continue
            }
            edits.replacements[index] = []
            edits.rewires[output] = editor.addConstant("\(output)_value", tensor)
        }
        try editor.apply(edits)
        return PassOutcome(changed: edits.replacements.count, refusals: refusals)
    }

    /// The tensor that a node stands for. Source: ONNX, `Constant` (versions 1 to 25).
    private static func value(of node: Node) -> Tensor? {
        guard node.attributes.count == 1 else { return nil }
        switch node.attributes[0].value {
        case .tensor(let tensor): return tensor.elementType == .string ? nil : try? tensor.tensor()
        case .float(let value): return try? Tensor(.float32, Shape([]), values: [value])
        case .floats(let values): return try? Tensor(.float32, Shape([values.count]), values: values)
        case .int(let value): return try? Tensor(.int64, Shape([]), values: [value])
        case .ints(let values): return try? Tensor(.int64, Shape([values.count]), values: values)
        default: return nil
        }
    }
}
