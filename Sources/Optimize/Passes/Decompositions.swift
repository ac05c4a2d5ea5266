import ModelGraph
import Tensors

/// Looking for numbers and operators in what an exporter took apart.
extension GraphView {
    /// The number that a value is, where it is one constant float.
    func number(_ value: String) -> Double? {
        guard let constant = constant(value), constant.elementCount == 1 else { return nil }
        return WeightMath.doubles(constant)?.first
    }

    /// Whether a value is a number, to what 16-bit floats can tell apart.
    func isNumber(_ value: String, _ expected: Double) -> Bool {
        number(value).map { ($0 - expected).magnitude <= 1e-3 * max(1, expected.magnitude) } ?? false
    }

    /// Of a node with two inputs, the one that satisfies the condition, and the other.
    func split(_ index: Int, _ condition: (String) -> Bool) -> (found: String, other: String)? {
        let inputs = nodes[index].inputs
        guard inputs.count == 2 else { return nil }
        if condition(inputs[1]) { return (inputs[1], inputs[0]) }
        return condition(inputs[0]) ? (inputs[0], inputs[1]) : nil
    }

    /// Whether a reduction is over the last axis alone and keeps it as one.
    func reducesLastAxis(_ index: Int) -> Bool {
        let node = nodes[index]
        guard node.int("keepdims") ?? 1 == 1, let rank = rank(node.input(0)) else { return false }
        let axes = node.ints("axes") ?? (node.input(1).isEmpty ? nil : constant(node.input(1))?.integers)
        return axes == [-1] || axes == [rank - 1]
    }

    /// Whether nothing but the pattern reads what its nodes make, the last aside.
    func isClosed(_ pattern: [Int]) -> Bool {
        let inside = Set(pattern)
        return pattern.dropLast().allSatisfy { index in
            nodes[index].outputs.allSatisfy { output in
                output.isEmpty || !isOutput(output) && readers(of: output).allSatisfy(inside.contains)
            }
        }
    }
}
