import Tensors

/// The closed list of PyTorch's operators that are rebuilt, by name without overload.
enum OperatorCatalog {
    private static let rules: [String: OperatorRule] = [
        ConvolutionOperators.table, MatrixOperators.table, NormalisationOperators.table, ActivationOperators.table,
        PoolingOperators.table, ReductionOperators.table, ShapeOperators.table, JoiningOperators.table,
        SelectionOperators.table, ArithmeticOperators.table, ComparisonOperators.table, UnaryOperators.table,
        CreationOperators.table, AttentionOperators.table, ResamplingOperators.table, IdentityOperators.table,
        RecurrentOperators.table,
    ].reduce(into: [:]) { all, table in all.merge(table) { first, _ in first } }

    /// Operators that give another tensor over the same elements.
    static let views: Set<String> = [
        "view", "reshape", "flatten", "unflatten", "permute", "transpose", "t", "numpy_T", "mT", "movedim", "swapaxes",
        "expand", "expand_as", "squeeze", "unsqueeze", "split", "split_with_sizes", "chunk", "unbind", "slice",
        "select", "narrow", "alias", "detach", "view_as", "contiguous", "to", "unsafe_split", "unsafe_chunk",
        "tensor_split", "dropout", "feature_dropout", "alpha_dropout", "swapdims", "diagonal", "type_as",
    ]

    /// The rule of an operator, and whether it writes into its first argument (`relu_`).
    static func rule(_ name: String) -> (rule: OperatorRule, name: String, writes: Bool)? {
        if let rule = rules[name] { return (rule, name, false) }
        guard name.hasSuffix("_"), !name.hasSuffix("__") else { return nil }
        let base = String(name.dropLast())
        return rules[base].map { ($0, base, true) }
    }

    /// Calls an operator.
    ///
    /// - Parameter name: as the program has it, without overload.
    static func call(
        _ name: String, _ arguments: [String: ProgramValue], outputCount: Int, place: String, graph: ProgramGraph
    ) throws(TorchError) -> [ProgramValue] {
        guard let (rule, base, writes) = rule(name) else { throw TorchError("\(place): is not rebuilt here") }
        let call = OperatorCall(base, arguments, outputCount: outputCount, place: place, graph: graph)
        let made: [ProgramValue]
        do {
            made = try rule(call)
        } catch let error as TorchError {
            throw error
        } catch {
            throw TorchError("\(place): \(error)")
        }
        guard call.unread.isEmpty else {
            throw call.refusal("is given '\(call.unread.joined(separator: "', '"))', which is not carried")
        }
        let target = arguments["self"]?.tensor ?? arguments["input"]?.tensor
        if writes { return [.tensor(try written(made, into: target, call))] }
        if views.contains(base), let target { share(made, with: target) }
        return made
    }

    /// The tensor that an operator has written into, which is another value from here on.
    private static func written(
        _ made: [ProgramValue], into target: ProgramTensor?, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        guard let target, let result = made.first?.tensor else { throw call.refusal("writes into nothing") }
        guard result !== target else { return target }
        guard !target.sharesElements else {
            throw call.refusal(
                "writes into a tensor that shares its elements with another, which is not carried")
        }
        var value = result
        if value.type != target.type { value = try call.cast(value, target.type) }
        target.name = value.name
        target.sizes = value.sizes
        return target
    }

    private static func share(_ made: [ProgramValue], with target: ProgramTensor) {
        for value in made {
            switch value {
            case .tensor(let tensor) where tensor !== target:
                tensor.sharesElements = true
                target.sharesElements = true
            case .list(let items): share(items, with: target)
            default: break
            }
        }
    }
}
