import Tensors

extension Signature {
    /// The signature that an engine reports, with the names and axes that the model itself declares.
    ///
    /// Engines lose some of them: OpenVINO knows no axis names and may call an output by an inner tensor's name, ONNX
    /// Runtime cannot tell a scalar from an undeclared shape. The order is the model's in every engine.
    ///
    /// - Throws: `EngineError.Code.modelRejected` when the two contradict each other.
    func named(by declared: Signature?, _ engine: EngineKind) throws(EngineError) -> Signature {
        guard let declared else { return self }
        return Signature(
            inputs: try Self.merge("input", inputs, declared.inputs, engine),
            outputs: try Self.merge("output", outputs, declared.outputs, engine))
    }

    private static func merge(
        _ role: String, _ seen: [TensorSpec], _ declared: [TensorSpec], _ engine: EngineKind
    ) throws(EngineError) -> [TensorSpec] {
        guard seen.count == declared.count else {
            throw EngineError(
                .modelRejected, engine,
                "the model declares \(declared.count) \(role)s, but the engine sees \(seen.count)")
        }
        var merged: [TensorSpec] = []
        for (seen, declared) in zip(seen, declared) {
            guard seen.elementType == declared.elementType, let dimensions = merge(seen.dimensions, declared.dimensions)
            else {
                throw EngineError(
                    .modelRejected, engine,
                    "\(role) '\(declared.name)' is declared as \(declared.elementType.displayName) "
                        + "\(declared.shapeDescription), but the engine sees \(seen.elementType.displayName) "
                        + seen.shapeDescription)
            }
            merged.append(TensorSpec(name: declared.name, elementType: seen.elementType, dimensions: dimensions))
        }
        return merged
    }

    /// The dimensions that satisfy both, `.some(nil)` when neither says any; `nil` when they contradict each other.
    private static func merge(_ seen: [Dimension]?, _ declared: [Dimension]?) -> [Dimension]?? {
        guard let seen, let declared else { return .some(declared ?? seen) }
        guard seen.count == declared.count else { return nil }
        var merged: [Dimension] = []
        for (seen, declared) in zip(seen, declared) {
            guard let seenSize = seen.size else {
                merged.append(declared)
                continue
            }
            if let size = declared.size, size != seenSize { return nil }
            merged.append(seen)
        }
        return .some(merged)
    }
}
