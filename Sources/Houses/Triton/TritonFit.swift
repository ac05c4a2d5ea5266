package import Tensors

/// What a declaration asks of a graph besides being what it says.
package struct TritonFit: Hashable, Sendable {
    /// Declared processing, as `import` takes it; `nil` where there is none.
    package var processing: JSONValue?
    /// What is more here than was declared.
    package var remarks: [String] = []

    package init() {}
}

extension TritonDeclaration {
    /// Holds a graph against the declaration, as Triton does when it loads a model.
    ///
    /// - Parameter classes: names of classes that go along.
    /// - Throws: `HouseError.Code.malformed` naming the tensor that differs, `.unsupported` for an output that would have
    ///   to be reshaped.
    package func fit(_ signature: Signature, classes: [String]) throws(HouseError) -> TritonFit {
        var fit = TritonFit()
        var steps: [JSONValue] = []
        let stateInputs = Set(states.map(\.input))
        let stateOutputs = Set(states.map(\.output))
        for declared in inputs {
            let spec = try Self.find(declared, in: signature.inputs, "input")
            if let step = try check(declared, spec, "input") { steps.append(step) }
        }
        for spec in signature.inputs
        where !inputs.isEmpty && !inputs.contains(where: { $0.name == spec.name }) && !stateInputs.contains(spec.name) {
            throw HouseError(.malformed, "the model has an input \(spec.name.quoted) that the configuration lacks")
        }
        for declared in outputs {
            let spec = try Self.find(declared, in: signature.outputs, "output")
            if try check(declared, spec, "output") != nil {
                throw HouseError(
                    .unsupported,
                    "\(declared.place): output \(declared.name.quoted) is reshaped, and outputs are not here",
                    help: "take 'reshape' away: clients then get \(spec.shapeDescription)")
            }
        }
        let more = signature.outputs.map(\.name).filter { name in
            !outputs.isEmpty && !outputs.contains { $0.name == name } && !stateOutputs.contains(name)
        }
        if !more.isEmpty { fit.remarks.append("clients also get \(more.map(\.quoted).joined(separator: ", "))") }
        for state in states {
            guard signature.inputs.contains(where: { $0.name == state.input }),
                signature.outputs.contains(where: { $0.name == state.output })
            else {
                throw HouseError(
                    .malformed, "the model has no state \(state.output.quoted) → \(state.input.quoted)")
            }
        }
        var members: [(String, JSONValue)] = []
        if !steps.isEmpty { members.append(("pre", .array(steps))) }
        if !classes.isEmpty { members.append(("labels", .array(classes.map(JSONValue.string)))) }
        if !members.isEmpty { fit.processing = .object(members) }
        return fit
    }

    private static func find(
        _ declared: TritonTensor, in specs: [TensorSpec], _ role: String
    ) throws(HouseError) -> TensorSpec {
        if let spec = specs.first(where: { $0.name == declared.name }) { return spec }
        throw HouseError(
            .malformed, "\(declared.place): the model has no \(role) \(declared.name.quoted)",
            help: "it has \(specs.map(\.name.quoted).joined(separator: ", "))")
    }

    /// - Returns: the reshape that makes of what clients send what the model takes; `nil` where these are one.
    private func check(_ declared: TritonTensor, _ spec: TensorSpec, _ role: String) throws(HouseError) -> JSONValue? {
        let place = "\(declared.place): \(role) \(declared.name.quoted)"
        if let type = declared.type, type != spec.elementType {
            throw HouseError(
                .malformed, "\(place) is declared \(type.displayName), and \(spec.elementType.displayName) in the model"
            )
        }
        let batch = maximumRows > 0 ? [-1] : []
        let outside = batch + declared.dimensions
        let inside = batch + (declared.reshape ?? declared.dimensions)
        if let dimensions = spec.dimensions {
            let fits =
                dimensions.count == inside.count
                && zip(dimensions, inside).allSatisfy { $0.size == nil || $1 == -1 || $0.size == $1 }
            guard fits else {
                throw HouseError(
                    .malformed, "\(place) is declared \(inside), and \(spec.shapeDescription) in the model",
                    help: maximumRows > 0
                        ? "with 'max_batch_size' the dimension of the batch is left out of 'dims'" : nil)
            }
            if maximumRows > 0, let size = dimensions.first?.size {
                throw HouseError(
                    .malformed,
                    "\(place): the model's first dimension is \(size), and 'max_batch_size' needs a free one",
                    help: "set 'max_batch_size: 0', or export the model with a free batch dimension")
            }
        }
        guard inside != outside else { return nil }
        guard inside.count(where: { $0 == -1 }) <= 1, outside.count(where: { $0 == -1 }) <= 1 else {
            throw HouseError(.unsupported, "\(place): a reshape of free sizes is not made here")
        }
        return .object([
            ("input", .string(declared.name)),
            (
                "reshape",
                .object([
                    ("to", .array(inside.map { .integer($0) })), ("from", .array(outside.map { .integer($0) })),
                ])
            ),
        ])
    }
}
