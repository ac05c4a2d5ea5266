package import Tensors

/// What a model carries from one request of a sequence to the next: outputs that are its inputs the next time.
///
/// Declared with labels of its version: `state.INPUT` is the output's name, `state.INPUT.initial` the number that every
/// element begins with, 0 where there is none.
package struct ModelState: Hashable, Sendable {
    /// An output that becomes an input.
    package struct Pair: Hashable, Sendable {
        /// Positions in the model's signature.
        package var input: Int
        package var output: Int
        /// What every element of the first request's input is.
        package var initial: Double
    }

    /// What is wrong with a declaration.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// The model's own signature.
    package let whole: Signature
    package let pairs: [Pair]
    /// Positions of the inputs that clients give, and of the outputs that they get.
    package let inputs: [Int]
    package let outputs: [Int]

    private static let prefix = "state."
    private static let initialSuffix = ".initial"

    /// The labels that declare `OUTPUT=INPUT` pairs.
    package static func labels(pairs: [(output: String, input: String)]) -> [String: String] {
        Dictionary(pairs.map { (prefix + $0.input, $0.output) }) { first, _ in first }
    }

    /// The label of an input's first value.
    package static func initialLabel(input: String) -> String { prefix + input + initialSuffix }

    /// Whether labels declare state.
    package static func isDeclared(_ labels: [String: String]) -> Bool { labels.keys.contains { $0.hasPrefix(prefix) } }

    /// Reads a version's labels.
    ///
    /// - Returns: `nil` for a model without state.
    /// - Throws: `Fault` for pairs that cannot be: unknown names, other types or sizes, nothing left for clients.
    package init?(_ signature: Signature, labels: [String: String]) throws(Fault) {
        let declared = labels.filter { $0.key.hasPrefix(Self.prefix) }.sorted { $0.key < $1.key }
        guard !declared.isEmpty else { return nil }
        var pairs: [Pair] = []
        for (key, value) in declared {
            let name = String(key.dropFirst(Self.prefix.count))
            if let input = Self.initialInput(name, declared.map(\.key)) {
                guard signature.inputs.contains(where: { $0.name == input }), Double(value)?.isFinite == true else {
                    throw Fault(
                        description: "label '\(key)': expected the first value of state as a number, found '\(value)'")
                }
                continue
            }
            let initial = labels[Self.initialLabel(input: name)].flatMap(Double.init) ?? 0
            pairs.append(try Self.pair(signature, input: name, output: value, initial: initial))
        }
        guard Set(pairs.map(\.output)).count == pairs.count else {
            throw Fault(description: "an output can be only one input's state")
        }
        whole = signature
        self.pairs = pairs
        inputs = signature.inputs.indices.filter { index in !pairs.contains { $0.input == index } }
        outputs = signature.outputs.indices.filter { index in !pairs.contains { $0.output == index } }
        guard !inputs.isEmpty, !outputs.isEmpty else {
            throw Fault(description: "every input or every output is state, and nothing is left for clients")
        }
    }

    /// The input whose first value a label declares.
    private static func initialInput(_ name: String, _ keys: [String]) -> String? {
        guard name.hasSuffix(initialSuffix) else { return nil }
        let input = String(name.dropLast(initialSuffix.count))
        return keys.contains(prefix + input) ? input : nil
    }

    private static func pair(
        _ signature: Signature, input: String, output: String, initial: Double
    ) throws(Fault) -> Pair {
        guard let place = signature.inputs.firstIndex(where: { $0.name == input }) else {
            throw Fault(description: "state '\(output)=\(input)': the model has no input '\(input)'; \(signature.text)")
        }
        guard let origin = signature.outputs.firstIndex(where: { $0.name == output }) else {
            throw Fault(
                description: "state '\(output)=\(input)': the model has no output '\(output)'; \(signature.text)")
        }
        let (taken, given) = (signature.inputs[place], signature.outputs[origin])
        guard taken.elementType == given.elementType, taken.elementType.isNumeric, agree(taken, given) else {
            throw Fault(
                description: "state '\(output)=\(input)': output '\(output)' is \(given.elementType.displayName) "
                    + "\(given.shapeDescription), input '\(input)' \(taken.elementType.displayName) "
                    + "\(taken.shapeDescription)")
        }
        guard taken.dimensions != nil else {
            throw Fault(
                description: "state '\(output)=\(input)': the input's rank is not known, so that nothing can begin it")
        }
        return Pair(input: place, output: origin, initial: initial)
    }

    private static func agree(_ left: TensorSpec, _ right: TensorSpec) -> Bool {
        guard let left = left.dimensions, let right = right.dimensions else { return true }
        return left.count == right.count
            && zip(left, right).allSatisfy { pair in
                if case (.fixed(let first), .fixed(let second)) = pair { first == second } else { true }
            }
    }
}

extension ModelState {
    /// The signature that clients see.
    package var visible: Signature {
        Signature(inputs: inputs.map { whole.inputs[$0] }, outputs: outputs.map { whole.outputs[$0] })
    }

    /// What a sequence begins with: sizes that the model leaves open are the request's rows where they come first, else 1.
    ///
    /// - Parameter rows: of the first request.
    package func initial(rows: Int) throws(TensorError) -> [Tensor] {
        var tensors: [Tensor] = []
        for pair in pairs {
            let spec = whole.inputs[pair.input]
            let shape = try initialShape(spec, rows)
            if pair.initial == 0 {
                tensors.append(try Tensor(zeros: spec.elementType, shape))
            } else {
                let values = [Double](repeating: pair.initial, count: shape.elementCount)
                tensors.append(try Tensor(.float64, shape, values: values).converted(to: spec.elementType))
            }
        }
        return tensors
    }

    /// Bytes of what a sequence begins with, told without making it.
    package func initialByteCount(rows: Int) throws(TensorError) -> Int {
        var sum = 0
        for pair in pairs {
            let spec = whole.inputs[pair.input]
            let bytes = try initialShape(spec, rows).byteCount(of: spec.elementType)
            let (next, overflow) = sum.addingReportingOverflow(bytes)
            guard !overflow else { throw TensorError(.tooLarge, "state of more bytes than 64 bits count") }
            sum = next
        }
        return sum
    }

    private func initialShape(_ spec: TensorSpec, _ rows: Int) throws(TensorError) -> Shape {
        let shape = try Shape((spec.dimensions ?? []).enumerated().map { $1.size ?? ($0 == 0 ? rows : 1) })
        guard shape.elementCount <= Self.mostElements else {
            throw TensorError(
                .tooLarge, "state of \(shape.elementCount) elements; at most \(Self.mostElements) are kept")
        }
        return shape
    }

    private static let mostElements = 1 << 28

    /// The model's inputs, from those of a client and the state.
    package func joined(_ visible: [Tensor], _ state: [Tensor]) -> [Tensor] {
        var tensors: [Tensor] = []
        for index in whole.inputs.indices {
            if let pair = pairs.firstIndex(where: { $0.input == index }) {
                tensors.append(state[pair])
            } else if let place = inputs.firstIndex(of: index) {
                tensors.append(visible[place])
            }
        }
        return tensors
    }

    /// The rows of a client's request: those of its first input that has some.
    package func rows(_ visible: [Tensor]) -> Int {
        for (tensor, index) in zip(visible, inputs) where whole.inputs[index].dimensions?.first?.size == nil {
            if let rows = tensor.rowCount { return rows }
        }
        return 1
    }
}

/// A model with state as clients see it. A run is a whole sequence of one request: it begins with the state of the
/// beginning.
package final class StatefulSession: Session {
    package let state: ModelState
    /// The model, with all its inputs and outputs.
    package let inner: any Session

    package init(_ state: ModelState, _ inner: any Session) {
        self.state = state
        self.inner = inner
    }

    package var engine: EngineKind { inner.engine }
    package var device: Device { inner.device }
    package var signature: Signature { state.visible }

    package func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        guard inputs.count == state.inputs.count, outputs.count == state.outputs.count else {
            throw EngineError(
                .invalidInput, engine, "the model takes \(state.inputs.count) inputs, got \(inputs.count)")
        }
        let begin: [Tensor]
        do throws(TensorError) {
            begin = try state.initial(rows: state.rows(inputs))
        } catch {
            throw EngineError(.invalidInput, engine, error.message)
        }
        var slots = [OutputSlot](repeating: .skip, count: state.whole.outputs.count)
        for (place, index) in state.outputs.enumerated() { slots[index] = outputs[place] }
        try inner.run(inputs: state.joined(inputs, begin), outputs: &slots)
        for (place, index) in state.outputs.enumerated() { outputs[place] = slots[index] }
    }
}
