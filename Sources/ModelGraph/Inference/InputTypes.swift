import Tensors

/// The types of a model's inputs, after the caller's assumptions about them.
struct InputTypes {
    /// Names that stand for numbers now.
    private var symbols: [String: Size]
    private let options: InferenceOptions
    private let required: Set<String>
    /// Whether an assumption contradicts a declared number: then declarations of values in between are of no use.
    let replaceSizes: Bool

    init(_ model: Model, _ options: InferenceOptions) {
        self.options = options
        required = Set(model.graph.requiredInputs.map(\.name))
        var symbols = options.symbols.mapValues { Size.fixed($0) }
        var replaceSizes = false
        for input in model.graph.inputs {
            guard let declared = input.type?.tensor?.dimensions else { continue }
            if let batch = options.batch, required.contains(input.name), case .symbol(let name)? = declared.first,
                symbols[name] == nil
            {
                symbols[name] = .fixed(batch)
            }
            guard let assumed = options.inputDimensions[input.name] else { continue }
            if assumed.count != declared.count { replaceSizes = true }
            for (old, new) in zip(declared, assumed) where old != new {
                if case .symbol(let name) = old {
                    symbols[name] = Size(new)
                } else if old.size != nil {
                    replaceSizes = true
                }
            }
        }
        self.symbols = symbols
        self.replaceSizes = replaceSizes
    }

    func type(of input: ValueInfo) -> TypeFact {
        let declared = resolved(TypeFact(input.type))
        guard case .tensor(let element, let sizes) = declared else { return declared }
        if let assumed = options.inputDimensions[input.name] {
            return .tensor(element, assumed.map { resolved(Size($0)) })
        }
        guard let batch = options.batch, required.contains(input.name), var sizes, sizes.first == .unknown else {
            return declared
        }
        sizes[0] = .fixed(batch)
        return .tensor(element, sizes)
    }

    /// What the graph declares of its outputs and of values in between.
    func declarations(of graph: Graph) -> [String: TypeFact] {
        var result: [String: TypeFact] = [:]
        for value in graph.valueInfo + graph.outputs { result[value.name] = resolved(TypeFact(value.type)) }
        return result
    }

    private func resolved(_ size: Size) -> Size {
        guard case .symbolic(let expression) = size else { return size }
        return symbols[expression.description] ?? size
    }

    private func resolved(_ fact: TypeFact) -> TypeFact {
        switch fact {
        case .tensor(let element, let sizes): .tensor(element, sizes?.map(resolved))
        case .sparseTensor(let element, let sizes): .sparseTensor(element, sizes?.map(resolved))
        case .sequence(let of): .sequence(resolved(of))
        case .optional(let of): .optional(resolved(of))
        case .unknown, .map, .opaque: fact
        }
    }
}
