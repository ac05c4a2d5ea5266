import ModelGraph
import Tensors

/// Compiles declared processing into a small classifier.
enum ProcessingExercise {
    static func run(_ bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes), let processing = try? Processing(json: json) else { return }
        _ = processing.jsonValue().encoded()
        guard let model = try? classifier(), let compiled = try? ProcessingCompiler.compile(processing, into: model)
        else { return }
        guard compiled.validate().isValid, (try? compiled.encoded()) != nil else {
            preconditionFailure("accepted processing makes an invalid model")
        }
    }

    /// `logits = pixels · w`, the names of the digits example.
    private static func classifier() throws -> Model {
        let weights = try Tensor(.float32, Shape([64, 10]), values: [Float](repeating: 0.5, count: 640))
        let graph = Graph(
            "classifier", nodes: [Node("MatMul", ["pixels", "w"], ["logits"])],
            initializers: [TensorValue("w", weights)],
            inputs: [ValueInfo("pixels", .float32, [.symbol("N"), .fixed(64)])],
            outputs: [ValueInfo("logits", .float32, [.symbol("N"), .fixed(10)])])
        return Model(graph, opset: 17, irVersion: 8)
    }
}
