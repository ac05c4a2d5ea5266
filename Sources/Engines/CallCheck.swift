import Tensors

/// Compares what a caller hands in with a session's signature, before the engine sees it.
enum CallCheck {
    /// Checks number, element types and shapes of a run's inputs.
    ///
    /// - Throws: `EngineError.Code.invalidInput`.
    static func inputs(_ tensors: [Tensor], _ signature: Signature, _ engine: EngineKind) throws(EngineError) {
        guard tensors.count == signature.inputs.count else {
            throw wrongCount("input", signature.inputs, tensors.count, engine)
        }
        for index in tensors.indices where !fits(tensors[index], signature.inputs[index]) {
            throw mismatch("input", signature.inputs[index], tensors[index], engine)
        }
    }

    /// Checks number, element types and shapes of a run's output slots, as far as the signature fixes them.
    ///
    /// - Throws: `EngineError.Code.invalidInput`.
    static func outputs(_ slots: [OutputSlot], _ signature: Signature, _ engine: EngineKind) throws(EngineError) {
        guard slots.count == signature.outputs.count else {
            throw wrongCount("output", signature.outputs, slots.count, engine)
        }
        for index in slots.indices {
            if case .tensor(let tensor) = slots[index], !fits(tensor, signature.outputs[index]) {
                throw mismatch("output", signature.outputs[index], tensor, engine)
            }
        }
    }

    private static func fits(_ tensor: Tensor, _ spec: TensorSpec) -> Bool {
        guard tensor.elementType == spec.elementType else { return false }
        guard let dimensions = spec.dimensions else { return true }
        guard dimensions.count == tensor.shape.dimensions.count else { return false }
        for index in dimensions.indices {
            if case .fixed(let size) = dimensions[index], size != tensor.shape.dimensions[index] { return false }
        }
        return true
    }

    private static func mismatch(
        _ role: String, _ spec: TensorSpec, _ tensor: Tensor, _ engine: EngineKind
    ) -> EngineError {
        EngineError(
            .invalidInput, engine,
            "\(role) '\(spec.name)' expects \(spec.elementType.displayName) \(spec.shapeDescription), "
                + "got \(tensor.elementType.displayName) \(tensor.shape)")
    }

    private static func wrongCount(
        _ role: String, _ specs: [TensorSpec], _ count: Int, _ engine: EngineKind
    ) -> EngineError {
        let names = specs.map { "'\($0.name)'" }.joined(separator: ", ")
        return EngineError(
            .invalidInput, engine, "the model has \(specs.count) \(role)s (\(names)), got \(count)")
    }
}
