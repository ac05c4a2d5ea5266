extension Signature {
    /// Whether two readings of a graph can be of the same one: names and types agree, and no two sizes contradict. A later
    /// reader may know a size that an earlier one did not.
    package func isCompatible(with other: Signature) -> Bool {
        Self.agree(inputs, other.inputs) && Self.agree(outputs, other.outputs)
    }

    private static func agree(_ left: [TensorSpec], _ right: [TensorSpec]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy(agree)
    }

    private static func agree(_ left: TensorSpec, _ right: TensorSpec) -> Bool {
        guard left.name == right.name, left.elementType == right.elementType else { return false }
        guard let left = left.dimensions, let right = right.dimensions else { return true }
        return left.count == right.count
            && zip(left, right).allSatisfy { pair in
                if case (.fixed(let first), .fixed(let second)) = pair { first == second } else { true }
            }
    }

    /// Its names, types and shapes in one line: `input 'pixels' FP32 [N, 64], output 'label' INT64 [N]`.
    package var text: String {
        (inputs.map { ("input", $0) } + outputs.map { ("output", $0) }).map { role, spec in
            "\(role) '\(spec.name)' \(spec.elementType.displayName) \(spec.shapeDescription)"
        }.joined(separator: ", ")
    }
}
