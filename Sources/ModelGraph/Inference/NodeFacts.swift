import Tensors

/// What a rule may know: one node, its attributes, and the facts about what it reads.
struct NodeFacts {
    let node: Node
    /// The version of the operator set that the node's operator comes from.
    let opset: Int64
    /// One for each of the node's inputs; `nil` for one that is left out.
    let inputs: [Fact?]
    /// The attributes by name, those of a function's call filled in.
    let attributes: [String: Attribute.Value]
    /// The facts about a subgraph's outputs, given those about its inputs.
    let inferBody: (Graph, [Fact]) -> [Fact]

    var outputCount: Int { node.outputs.count }

    func isGiven(_ index: Int) -> Bool { input(index) != nil }

    func isWanted(_ output: Int) -> Bool { node.outputs.indices.contains(output) && !node.outputs[output].isEmpty }

    private func input(_ index: Int) -> Fact? { inputs.indices.contains(index) ? inputs[index] : nil }

    /// The fact about an input; unknown also when it is left out.
    func fact(_ index: Int) -> Fact { input(index) ?? .unknown }

    func element(_ index: Int) -> ElementType? { fact(index).type.element }

    /// The sizes of an input; `nil` when not even their number is known.
    func sizes(_ index: Int) -> [Size]? { fact(index).type.sizes }

    func rank(_ index: Int) -> Int? { sizes(index)?.count }

    func value(_ index: Int) -> KnownValue? { input(index)?.knownValue }

    /// The elements of an integer input, such as a shape or axes.
    func integers(_ index: Int) -> [Size]? { value(index)?.integers }

    /// The elements of an integer input where all are plain numbers.
    func fixedIntegers(_ index: Int) -> [Int]? {
        guard let sizes = integers(index) else { return nil }
        let fixed = sizes.compactMap(\.fixed)
        return fixed.count == sizes.count ? fixed : nil
    }
}

/// Attributes. One of another kind than its operator has counts as absent: validation reports it.
extension NodeFacts {
    func int(_ name: String) -> Int? {
        if case .int(let value)? = attributes[name] { Int(value) } else { nil }
    }

    func ints(_ name: String) -> [Int]? {
        if case .ints(let values)? = attributes[name] { values.map { Int($0) } } else { nil }
    }

    func flag(_ name: String, default value: Bool = false) -> Bool { int(name).map { $0 != 0 } ?? value }

    func text(_ name: String) -> String? { attributes[name]?.textValue }

    func float(_ name: String) -> Float? {
        if case .float(let value)? = attributes[name] { value } else { nil }
    }

    func floats(_ name: String) -> [Float]? {
        if case .floats(let values)? = attributes[name] { values } else { nil }
    }

    /// How many strings, integers or fractions an attribute lists; 0 when it is absent.
    func count(_ name: String) -> Int {
        switch attributes[name] {
        case .ints(let values): values.count
        case .floats(let values): values.count
        case .strings(let values): values.count
        case .tensor(let tensor): tensor.elementCount ?? 0
        default: 0
        }
    }

    func graph(_ name: String) -> Graph? { attributes[name]?.graphs.first }

    /// The element type that an attribute names by its number.
    func elementType(_ name: String) -> ElementType? {
        int(name).flatMap { Int32(exactly: $0) }.flatMap { ElementType(onnxCode: $0) }
    }
}

/// Axes.
extension NodeFacts {
    /// An axis counted from the front.
    ///
    /// - Throws: when it is outside `0..<rank`.
    func axis(_ axis: Int, rank: Int) throws(InferenceFault) -> Int {
        let result = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(result) else {
            throw InferenceFault("has axis \(axis), but rank \(rank)")
        }
        return result
    }

    /// Axes given as an attribute (older operator sets) or an input (newer ones).
    enum Axes {
        case absent
        case known([Int])
        /// An input whose value is not known.
        case unknown
    }

    func axes(attribute: String = "axes", input index: Int) -> Axes {
        if let given = ints(attribute) { return .known(given) }
        guard isGiven(index) else { return .absent }
        return fixedIntegers(index).map(Axes.known) ?? .unknown
    }
}

/// What keeps a rule from an answer: the node's inputs contradict its operator.
struct InferenceFault: Error {
    /// Goes after the node's name: `has axis 4, but rank 2`.
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// Works out the facts about a node's outputs from those about its inputs. Pure; may answer fewer outputs than there
/// are, the rest is unknown.
///
/// Throws `InferenceFault`, and nothing else. (Swift 6.3.1 crashes on tables of functions with typed throws.)
typealias InferenceRule = @Sendable (NodeFacts) throws -> [Fact]
