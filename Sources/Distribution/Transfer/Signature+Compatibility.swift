import Tensors

extension Signature {
    /// Whether two readings of a graph can be of the same one: names and types agree, and no two sizes contradict. A later
    /// reader may know a size that an earlier one did not.
    func isCompatible(with other: Signature) -> Bool {
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

    /// Its names and shapes in one line.
    var text: String {
        let parts = { (specs: [TensorSpec]) in
            specs.prefix(4).map { "\($0.name) \($0.elementType) \($0.shapeDescription)" }.joined(separator: ", ")
        }
        return "\(SafeText.short(parts(inputs))) to \(SafeText.short(parts(outputs)))"
    }
}
