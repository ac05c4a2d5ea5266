extension Signature {
    /// Why a model of this signature cannot answer a request as it was made for `other`; `nil` where it can: inputs and
    /// outputs have the same names and types in the same order, and every shape that `other` takes is taken.
    package func obstacle(toAnsweringFor other: Signature) -> String? {
        Self.difference("input", inputs, other.inputs) ?? Self.difference("output", outputs, other.outputs)
            ?? zip(inputs, other.inputs).lazy.compactMap { $0.narrowness(against: $1) }.first
    }

    private static func difference(_ side: String, _ own: [TensorSpec], _ others: [TensorSpec]) -> String? {
        guard own.map(\.name) == others.map(\.name) else {
            return "its \(side)s are \(names(own)), expected \(names(others))"
        }
        for (one, other) in zip(own, others) where one.elementType != other.elementType {
            return "its \(side) '\(one.name)' is \(one.elementType.displayName), expected "
                + "\(other.elementType.displayName)"
        }
        return nil
    }

    private static func names(_ specs: [TensorSpec]) -> String {
        specs.isEmpty ? "none" : specs.map { "'\($0.name)'" }.joined(separator: ", ")
    }
}

extension TensorSpec {
    /// Why it does not take every shape that `other` takes.
    fileprivate func narrowness(against other: TensorSpec) -> String? {
        guard let dimensions else { return nil }
        let fits =
            other.dimensions.map { others in
                others.count == dimensions.count
                    && zip(dimensions, others).allSatisfy { $0.size == nil || $0.size == $1.size }
            } ?? false
        return fits ? nil : "its input '\(name)' is \(shapeDescription), expected \(other.shapeDescription)"
    }
}
