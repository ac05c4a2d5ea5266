import ModelGraph
import Optimize
import Tensors

/// Rewrites a model to operator set 13, the first whose `DequantizeLinear` has a scale for each channel.
///
/// Only operators of a closed list, whose meaning did not change on the way, or changed in a way that is written here.
enum OpsetUpgrade {
    static let needed: Int64 = 13
    private static let irVersion: Int64 = 7

    /// Operators that mean the same in sets 7 to 13. Source: ONNX, `Operators.md` and `Changelog.md`.
    private static let steady: Set<String> = [
        "Abs", "Add", "And", "ArgMax", "ArgMin", "AveragePool", "BatchNormalization", "Cast", "Concat", "Constant",
        "ConstantOfShape", "Conv", "ConvTranspose", "Div", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten", "Floor",
        "Gather", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Identity", "InstanceNormalization", "LRN", "LeakyRelu",
        "Log", "MatMul", "Max", "MaxPool", "Mean", "Min", "Mul", "Neg", "PRelu", "Pow", "Reciprocal", "ReduceMax",
        "ReduceMean", "ReduceMin", "Relu", "Reshape", "Shape", "Sigmoid", "Softplus", "Sqrt", "Sub", "Sum", "Tanh",
        "Tile", "Transpose", "Where",
    ]

    /// - Throws: `RuleFault` naming what is in the way.
    static func applied(to model: Model) throws -> Model {
        guard let opset = model.opset, opset < needed else {
            guard model.opset != nil else { throw RuleFault("the model imports none of ONNX's own operators") }
            return model
        }
        let view = GraphView(model)
        guard opset >= 7 else { throw advice("it is of operator set \(opset)") }
        guard model.functions.isEmpty, model.graph.nodes.allSatisfy(\.subgraphs.isEmpty) else {
            throw advice("it has graphs inside of nodes")
        }
        var editor = GraphEditor(model)
        var edits = GraphEdits()
        for index in view.nodes.indices {
            guard let type = view.standardOperator(index) else { continue }
            if steady.contains(type) { continue }
            edits.replacements[index] = [try rewritten(index, type, view, &editor)]
        }
        try editor.apply(edits)
        var result = editor.model
        for index in result.opsetImports.indices where ["", "ai.onnx"].contains(result.opsetImports[index].domain) {
            result.opsetImports[index].version = needed
        }
        // Constants that were declared as inputs because the file was old need not be any more.
        if result.irVersion < 4 {
            let constants = result.graph.constantNames
            result.graph.inputs.removeAll { constants.contains($0.name) }
        }
        result.irVersion = max(result.irVersion, irVersion)
        return result
    }

    private static func rewritten(
        _ index: Int, _ type: String, _ view: GraphView, _ editor: inout GraphEditor
    ) throws -> Node {
        let node = view.nodes[index]
        switch type {
        case "Softmax", "LogSoftmax":
            // Before set 13 all axes from one on were taken together; of the last axis that is the same.
            let axis = node.int("axis") ?? 1
            guard let rank = view.rank(node.input(0)), axis == Int64(rank) - 1 || axis == -1 else { break }
            return node.setting("axis", .int(-1))
        case "Clip" where view.opset < 11:
            var clip = node
            clip.attributes = []
            for (place, bound) in [node.float("min"), node.float("max")].enumerated() {
                guard let bound else { continue }
                let name = editor.addConstant(
                    "\(view.label(index))_bound", try Tensor(.float32, Shape([]), values: [bound]))
                while clip.inputs.count <= place + 1 { clip.inputs.append("") }
                clip.inputs[place + 1] = name
            }
            return clip
        case "Clip": return node
        case "Squeeze", "Unsqueeze":
            guard let axes = node.ints("axes") else { return node }
            var made = node
            made.attributes = []
            made.inputs = [
                node.input(0),
                editor.addConstant(
                    "\(view.label(index))_axes", try Tensor(.int64, Shape([axes.count]), values: axes.map(Int64.init))),
            ]
            return made
        case "Slice" where view.opset >= 10, "Pad" where view.opset >= 11, "Resize" where view.opset >= 11:
            return node
        case "Dropout" where node.outputs.dropFirst().allSatisfy(\.isEmpty):
            return Node("Identity", [node.input(0)], node.outputs, name: node.name)
        default: break
        }
        throw advice("'\(view.label(index))' is a \(type) of operator set \(view.opset)")
    }

    private static func advice(_ what: String) -> RuleFault {
        RuleFault("\(what), which cannot be rewritten to set \(needed) here; export the model with set \(needed)")
    }
}
