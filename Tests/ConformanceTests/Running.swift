import Engines
import ModelGraph
import Tensors

/// Running models on ONNX Runtime from memory.
enum Running {
    static let catalog = EngineCatalog()

    /// The outputs of the model in a file for these inputs.
    static func outputs(ofFile path: String, _ inputs: [String: Tensor]) throws(EngineError) -> [String: Tensor] {
        try outputs(of: .file(path), inputs)
    }

    /// The outputs of an encoded model for these inputs.
    static func outputs(of bytes: [UInt8], _ inputs: [String: Tensor]) throws(EngineError) -> [String: Tensor] {
        try outputs(of: .memory(ByteView(copying: bytes).buffer), inputs)
    }

    /// A session for an encoded model.
    static func session(of bytes: [UInt8]) throws(EngineError) -> any Session {
        try catalog.engine(.onnxRuntime).load(.memory(ByteView(copying: bytes).buffer), options: SessionOptions())
    }

    private static func outputs(
        of source: ModelSource, _ inputs: [String: Tensor]
    ) throws(EngineError) -> [String: Tensor] {
        let session = try catalog.engine(.onnxRuntime).load(source, options: SessionOptions())
        var given: [Tensor] = []
        for spec in session.signature.inputs {
            guard let tensor = inputs[spec.name] else {
                throw EngineError(.invalidInput, .onnxRuntime, "no data for input \(spec.name)")
            }
            given.append(tensor)
        }
        let outputs = try session.run(given)
        return Dictionary(
            zip(session.signature.outputs.map(\.name), outputs).map { ($0, $1) },
            uniquingKeysWith: { first, _ in first })
    }
}
