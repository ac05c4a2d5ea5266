import Comparing
import Tensors

extension RecordedRequests {
    /// The inputs of a recorded request in a version's order, with something in the place of what was left out.
    ///
    /// - Parameter without: inputs that were left out when it was recorded.
    /// - Throws: `WorkshopError.Code.evaluation` for a request that does not fit.
    static func inputs(
        of recorded: [String: Tensor], for signature: Signature, without: [String]
    ) throws -> [(name: String, tensor: Tensor)] {
        let rows = recorded.values.first?.shape.dimensions.first
        return try signature.inputs.map { spec in
            if let tensor = recorded[spec.name] {
                // NumPy has no texts of which the last is empty, and no types of ours.
                guard tensor.elementType == spec.elementType else {
                    throw WorkshopError(
                        .evaluation,
                        "recorded requests have '\(spec.name)' as \(tensor.elementType.displayName), and the version takes "
                            + spec.elementType.displayName,
                        help: "record anew: slipway deploy NAME:1 --record 10%")
                }
                return (spec.name, tensor)
            }
            guard without.contains(spec.name), let dimensions = spec.dimensions else {
                throw WorkshopError(
                    .evaluation, "the version has an input '\(spec.name)' that recorded requests do not have",
                    causes: ["they have \(recorded.keys.sorted().joined(separator: ", "))"])
            }
            let sizes = dimensions.enumerated().map { $1.size ?? ($0 == 0 ? rows ?? 1 : 1) }
            return (spec.name, try Tensor(zeros: spec.elementType, Shape(sizes)))
        }
    }
}
