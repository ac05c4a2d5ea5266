import Tensors

/// Operators that do nothing to the numbers, or only change their type.
enum IdentityOperators {
    static let table: [String: OperatorRule] = [
        "dropout": training, "feature_dropout": training, "alpha_dropout": training, "native_dropout": training,
        "clone": same, "contiguous": same, "alias": same, "detach": same, "lift_fresh_copy": same, "lift_fresh": same,
        "lift": same, "_to_copy": typed, "to": typed, "_conj": same, "resolve_conj": same, "positive": same,
        "type_as": { call in
            [.tensor(try call.cast(try call.tensor(), try call.tensor("other").type))]
        },
        "float": { call in [.tensor(try call.cast(try call.tensor(), .float32))] },
        "copy": { call in
            call.ignore("non_blocking")
            let source = try call.cast(try call.tensor("src"), try call.tensor().type)
            guard source.sizes == (try call.tensor().sizes) else { throw call.refusal("copies another shape") }
            return [.tensor(source)]
        },
    ]

    /// What happens only while a model is trained.
    private static func training(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("p")
        guard try !call.bool("train") else {
            throw call.refusal("is in training: call model.eval() before it is exported")
        }
        let value = try call.tensor(call.has("input") ? "input" : "self")
        return [.tensor(value)] + (call.outputCount > 1 ? [.opaque("a mask of dropout")] : [])
    }

    private static func same(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("memory_format")
        let value = try call.tensor()
        // A copy is a tensor of its own: what is written into it leaves the first as it is.
        return [.tensor(ProgramTensor(value.name, value.type, value.sizes))]
    }

    private static func typed(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("layout", "device", "pin_memory", "non_blocking", "memory_format", "copy")
        let value = try call.tensor()
        if let other = try call.optionalTensor("other") { return [.tensor(try call.cast(value, other.type))] }
        let type = try call.elementType("dtype") ?? value.type
        let made = try call.cast(value, type)
        return [.tensor(ProgramTensor(made.name, made.type, made.sizes))]
    }
}
