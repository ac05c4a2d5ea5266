import Tensors

/// Turns declared processing into ONNX nodes.
///
/// Inputs keep their names and take the type and shape that clients send. Outputs stay as they are, in their order;
/// what post-processing makes comes after them, so that a client of the bare model keeps working and the evidence
/// (scores behind an answer) is never lost. A client that wants less asks for less.
package struct ProcessingCompiler {
    var editor: GraphEditor
    /// The version of ONNX's own operators in the model.
    let opset: Int64
    let labels: [String]
    /// The constant with the labels, once one step needs it.
    var labelsName: String?

    /// The oldest operator set whose arithmetic broadcasts as ours needs it.
    private static let oldestOpset: Int64 = 7

    /// The model with `processing` compiled in; the same model when there is none.
    ///
    /// - Throws: `GraphError.Code.invalidProcessing` naming the input or output and what does not fit;
    ///   `.invalidModel` when the model is not valid to begin with.
    package static func compile(_ processing: Processing, into model: Model) throws(GraphError) -> Model {
        guard !processing.pre.isEmpty || !processing.post.isEmpty else { return model }
        var compiler = try ProcessingCompiler(processing, model)
        try compiler.checkColumnNames(processing.pre)
        for (input, operations) in grouped(processing.pre.map { ($0.input, $0.operation) }) {
            try compiler.compile(operations, before: input)
        }
        for (output, operations) in grouped(processing.post.map { ($0.output, $0.operation) }) {
            try compiler.compile(operations, after: output)
        }
        let result = compiler.editor.model
        try result.validate().requireValid()
        return result
    }

    private init(_ processing: Processing, _ model: Model) throws(GraphError) {
        editor = GraphEditor(model)
        opset = editor.ensureOpset()
        labels = processing.labels
        guard opset >= Self.oldestOpset else {
            throw GraphError(
                .invalidProcessing,
                "the model uses operator set \(opset); processing needs \(Self.oldestOpset) or newer. Convert it first")
        }
    }

    /// The steps of each name, names in the order they first occur.
    private static func grouped<Operation>(_ steps: [(String, Operation)]) -> [(String, [Operation])] {
        var order: [String] = []
        var groups: [String: [Operation]] = [:]
        for (name, operation) in steps {
            if groups[name] == nil { order.append(name) }
            groups[name, default: []].append(operation)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    /// The floats that the steps can calculate in.
    static let floats: Set<ElementType> = [.float16, .bfloat16, .float32, .float64]
}

/// A value on its way through the steps: what is known of it without running.
struct ProcessedValue {
    var name: String
    var type: ElementType
    /// `nil` when not even the rank is known.
    var dimensions: [Dimension]?

    var description: String { "\(type.displayName) \(shapeDescription)" }

    private var shapeDescription: String {
        TensorSpec(name: name, elementType: type, dimensions: dimensions).shapeDescription
    }
}

/// An error about one input or output.
func processingError(_ message: String, at step: Place.Step) -> GraphError {
    GraphError(.invalidProcessing, message, at: Place(step))
}
