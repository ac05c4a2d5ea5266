import ModelGraph
import Optimize
import Tensors

/// Passes that are wrong on purpose, each in another way.
enum WrongPass: String, CaseIterable, GraphPass {
    /// Doubles one weight: a valid model with other answers.
    case doubling
    /// One weight in a million times its last places: beyond rounding all the same.
    case drifting
    /// Takes away a node and its name with it.
    case breaking
    /// Another shape of the output.
    case reshaping
    /// An operator that no engine has.
    case inventing
    /// Gives up in the middle.
    case throwing
    /// Gives an output another name.
    case renaming

    var name: String { "wrong-\(rawValue)" }
    var purpose: String { "wrong on purpose" }
    var tolerance: Tolerance { .folding }

    struct GaveUp: Error {}

    func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        let nodes = editor.model.graph.nodes
        let last = nodes[nodes.count - 1]
        var edits = GraphEdits()
        switch self {
        case .doubling: try scaleWeight(&editor, 2)
        case .drifting: try scaleWeight(&editor, 1.001)
        case .breaking:
            var model = editor.model
            model.graph.nodes.removeFirst()
            editor = GraphEditor(model)
        case .reshaping:
            edits.replacements[nodes.count - 1] = [
                Node(last.operatorType, last.inputs, ["wrong"], attributes: last.attributes),
                Node("Flatten", ["wrong"], last.outputs, attributes: [Attribute("axis", .int(0))]),
            ]
        case .inventing:
            edits.replacements[nodes.count - 1] = [Node("Frobnicate", last.inputs, last.outputs, domain: "com.example")]
            var model = editor.model
            model.opsetImports.append(OpsetImport(1, domain: "com.example"))
            editor = GraphEditor(model)
        case .throwing: throw GaveUp()
        case .renaming: try editor.renameValue(editor.model.graph.outputs[0].name, to: "another")
        }
        try editor.apply(edits)
        return PassOutcome(changed: 1)
    }

    private func scaleWeight(_ editor: inout GraphEditor, _ factor: Double) throws {
        guard let weight = editor.model.graph.initializers.first(where: { $0.elementType == .float32 }) else { return }
        let tensor = try weight.tensor()
        let values = try tensor.doubles().map { $0 * factor }
        try editor.setConstant(
            weight.name, try Tensor(.float64, tensor.shape, values: values).converted(to: .float32))
    }
}

/// Doubles one weight, chosen by its place.
struct Doubling: GraphPass {
    let name = "doubling"
    let purpose = "doubles one weight"
    let tolerance = Tolerance.total
    let weight: String

    func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        guard let value = editor.model.graph.initializers.first(where: { $0.name == weight }) else {
            return PassOutcome()
        }
        let tensor = try value.tensor()
        let doubled = try Tensor(.float64, tensor.shape, values: tensor.doubles().map { $0 * 2 })
        try editor.setConstant(weight, try doubled.converted(to: tensor.elementType))
        return PassOutcome(changed: 1)
    }
}
