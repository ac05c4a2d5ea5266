import ModelGraph
import Tensors

/// Constants, variables, functions, and operators that hand on what they are given.
enum CallRules {
    /// Operators that run one function of the library.
    static let calls: Set<String> = ["PartitionedCall", "StatefulPartitionedCall"]

    static let all: [String: SavedRule] = [
        "Const": constant, "VarHandleOp": variable, "VariableV2": variable, "Variable": variable,
        "ReadVariableOp": read, "ResourceGather": gather, "PartitionedCall": call, "StatefulPartitionedCall": call,
        "PlaceholderWithDefault": pass, "IdentityN": passAll, "Placeholder": placeholder, "Identity": pass,
        "StopGradient": pass, "PreventGradient": pass, "Snapshot": pass, "CheckNumerics": pass, "EnsureShape": pass,
    ]

    private static func constant(_ call: SavedCall) throws(TensorFlowError) {
        guard let tensor = call.node.tensor("value") else { throw .broken("has no value") }
        if let texts = tensor.strings { return call.pass(.texts(texts)) }
        call.give(constant: try tensor.tensor(call.node.name))
    }

    private static func variable(_ call: SavedCall) throws(TensorFlowError) { call.pass(.variable(call.node.name)) }

    private static func read(_ call: SavedCall) throws(TensorFlowError) {
        guard case .variable(let name) = try call.any(0) else {
            throw TensorFlowError("reads \(try call.any(0).kindName) where a variable is expected")
        }
        call.pass(.tensor(try call.saved.variables.value(name)))
    }

    /// Rows of a variable.
    private static func gather(_ call: SavedCall) throws(TensorFlowError) {
        guard case .variable(let name) = try call.any(0), (call.node.int("batch_dims") ?? 0) == 0 else {
            throw TensorFlowError("gathers for each row of a batch, which is not rebuilt here")
        }
        let table = try call.graph.plain(try call.saved.variables.value(name))
        try call.give(call.graph.node("Gather", [table, try call.plain(1)], call.stem))
    }

    private static func call(_ call: SavedCall) throws(TensorFlowError) {
        guard let name = call.node.function("f") else { throw .broken("does not say which function it runs") }
        for (place, value) in try call.saved.call(name, call.inputs).enumerated() { call.pass(value, at: place) }
    }

    /// A variable of the older kind is read by whoever takes it.
    private static func pass(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.any(0)
        if case .variable(let name) = value, call.saved.variables.isReference(name) {
            return call.pass(.tensor(try call.saved.variables.value(name)))
        }
        call.pass(value)
    }

    private static func passAll(_ call: SavedCall) throws(TensorFlowError) {
        for (place, value) in call.inputs.enumerated() { call.pass(value, at: place) }
    }

    private static func placeholder(_ call: SavedCall) throws(TensorFlowError) {
        throw TensorFlowError("is an input that the signature does not name")
    }
}
