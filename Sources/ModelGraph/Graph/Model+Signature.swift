package import Tensors

extension Model {
    /// Names, types and shapes of what the model takes and gives. Inputs with a default are left out.
    ///
    /// - Throws: `GraphError.Code.unsupported` when an input or output is not a dense tensor of a known type;
    ///   `.invalidModel` when it has no type at all.
    package var signature: Signature {
        get throws(GraphError) {
            var inputs: [TensorSpec] = []
            for input in graph.requiredInputs { inputs.append(try input.tensorSpec(at: .input(input.name))) }
            var outputs: [TensorSpec] = []
            for output in graph.outputs { outputs.append(try output.tensorSpec(at: .output(output.name))) }
            return Signature(inputs: inputs, outputs: outputs)
        }
    }
}

extension ValueInfo {
    /// The value as a dense tensor.
    ///
    /// - Throws: as `Model.signature`, naming `step`.
    func tensorSpec(at step: Place.Step) throws(GraphError) -> TensorSpec {
        let place = Place(step)
        guard let type, type.kind != .undeclared else {
            throw GraphError(.invalidModel, "has no declared type; expected a tensor", at: place)
        }
        guard let tensor = type.tensor else {
            throw GraphError(
                .unsupported,
                "is a \(type); expected a tensor. For a scikit-learn classifier, convert with zipmap=False", at: place)
        }
        guard let elementType = tensor.elementType else {
            throw GraphError(.unsupported, "has \(elementName(tensor.elementCode)); expected a known one", at: place)
        }
        return TensorSpec(name: name, elementType: elementType, dimensions: tensor.dimensions)
    }
}
