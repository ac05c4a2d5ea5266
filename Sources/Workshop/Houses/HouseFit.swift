import Houses
import Tensors

/// What a house's words about a model come to, once its graph is known.
struct HouseFit {
    var processing: JSONValue?
    var labels: [String: String] = [:]
    var remarks: [String] = []

    init() {}

    /// - Parameter isGraph: whether the file is the graph, and not one that a graph is rebuilt from.
    /// - Throws: `HouseError` when the graph is another than was declared.
    init(_ model: HouseModel, _ signature: Signature, isGraph: Bool) throws(HouseError) {
        guard isGraph || model.declaration == nil else { throw HouseError(.unsupported, "it is no ONNX model") }
        let fit = try (model.declaration ?? TritonDeclaration()).fit(signature, classes: model.classes)
        (processing, remarks) = (fit.processing, fit.remarks)
        name(model.columns, signature)
        for tensor in model.tensors { compare(tensor, signature) }
    }

    /// Names of columns, where the model takes all of them in one tensor: clients may then post records.
    private mutating func name(_ columns: [String], _ signature: Signature) {
        guard !columns.isEmpty else { return }
        if signature.inputs.count == 1, let input = signature.inputs.first, input.dimensions?.count == 2,
            input.dimensions?.last?.size.map({ $0 == columns.count }) ?? true
        {
            labels["features.\(input.name)"] = columns.joined(separator: ",")
            return
        }
        let missing = columns.filter { column in !signature.inputs.contains { $0.name == column } }
        if !missing.isEmpty {
            remarks.append(
                "its signature names \(columns.count) columns, and the graph takes \(signature.text); they are not kept"
            )
        }
    }

    private mutating func compare(_ tensor: MLflowTensor, _ signature: Signature) {
        let spec = signature.inputs.first { tensor.name == nil || $0.name == tensor.name }
        guard let spec, let dimensions = spec.dimensions, dimensions.count == tensor.dimensions.count,
            zip(dimensions, tensor.dimensions).allSatisfy({ $0.size == nil || $1 == -1 || $0.size == $1 })
        else {
            remarks.append(
                "its signature says \(tensor.type.shown) \(tensor.dimensions), and the graph takes \(signature.text)")
            return
        }
    }
}
