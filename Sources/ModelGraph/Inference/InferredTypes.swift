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

    func fact(_ name: String) -> Fact? { facts[name] }
}
