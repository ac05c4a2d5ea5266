package import Tensors

/// The types of a main graph's values, as far as they can be known without running.
package struct InferredTypes: Sendable {
    private let facts: [String: Fact]
    /// What contradicts itself, in the order it was found: a node whose inputs do not fit, a declaration that is not
    /// what the nodes make.
    package let notes: [Problem]
    /// Floating-point operations of each node of the main graph, where they are known.
    let flops: [Int?]

    init(facts: [String: Fact], notes: [Problem], flops: [Int?]) {
        self.facts = facts
        self.notes = notes
        self.flops = flops
    }

    /// The type of a value: an input, a constant, or what a node makes. A size that is no number is an expression of
    /// the inputs' names (`2*N`), or unknown. `nil` when nothing is known.
    package subscript(name: String) -> ValueType? { facts[name]?.type.valueType }

    /// The elements of a small value that is known before anything runs: a constant, or a shape that nodes work out.
    /// `nil` for everything else, and for types other than integers, truth values and FP32.
    package func knownTensor(_ name: String) -> Tensor? {
        guard let fact = facts[name], let element = fact.type.element, let value = fact.knownValue,
            let shape = try? Shape(value.dimensions)
        else { return nil }
        switch value.elements {
        case .integers(let sizes):
            let numbers = sizes.compactMap { $0.fixed.map(Int64.init) }
            guard numbers.count == sizes.count, !element.isFloatingPoint else { return nil }
            return try? Tensor(.int64, shape, values: numbers).converted(to: element)
        case .reals(let numbers):
            guard element == .float32 else { return nil }
            return try? Tensor(.float32, shape, values: numbers.map { Float($0) })
        }
    }

    func fact(_ name: String) -> Fact? { facts[name] }

    /// The elements of a small tensor of whole numbers that are the same in every run, such as a shape that is worked out
    /// from sizes which are all fixed; `nil` for anything else.
    package func integers(_ name: String) -> (dimensions: [Int], values: [Int])? {
        guard let value = facts[name]?.knownValue, let sizes = value.integers else { return nil }
        let fixed = sizes.compactMap(\.fixed)
        return fixed.count == sizes.count ? (value.dimensions, fixed) : nil
    }
}
