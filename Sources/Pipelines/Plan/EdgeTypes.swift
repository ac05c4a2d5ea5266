import Tensors

/// Fits the inputs of one model to the values they take, and tells its outputs' shapes from that.
struct EdgeTypes {
    /// The model, for messages.
    let member: String
    /// What the model's named sizes are in the pipeline.
    private var sizes: [String: Dimension] = [:]

    init(member: String) { self.member = member }

    /// Lets an input of the model take a value.
    ///
    /// - Throws: `PipelineError.Code.mismatch` with both ends.
    mutating func join(
        _ index: Int, _ input: TensorSpec, _ builder: inout PipelineBuilder, _ place: String
    ) throws(PipelineError) {
        guard let type = builder.values[index].type else { return declare(index, input, &builder) }
        guard type == input.elementType else { throw mismatch(builder.values[index], input, place) }
        guard let wanted = input.dimensions else { return }
        guard let found = builder.values[index].dimensions else {
            if builder.values[index].isInput { declare(index, input, &builder) }
            return
        }
        guard found.count == wanted.count else { throw mismatch(builder.values[index], input, place) }
        for axis in wanted.indices {
            let dimension = builder.values[index].dimensions?[axis] ?? .unknown
            guard fit(dimension, wanted[axis], isInput: builder.values[index].isInput, &builder) else {
                throw mismatch(builder.values[index], input, place)
            }
            if builder.values[index].isInput, dimension == .unknown {
                builder.values[index].dimensions?[axis] = wanted[axis]
            }
        }
    }

    /// An input of the pipeline that nothing has taken before is what the model wants.
    private mutating func declare(_ index: Int, _ input: TensorSpec, _ builder: inout PipelineBuilder) {
        builder.values[index].type = input.elementType
        builder.values[index].dimensions = input.dimensions.map { dimensions in
            var result: [Dimension] = []
            for dimension in dimensions {
                guard case .symbol(let name) = dimension else {
                    result.append(dimension)
                    continue
                }
                let known = sizes[name] ?? .symbol(Self.fresh(name, &builder))
                sizes[name] = known
                result.append(known)
            }
            return result
        }
    }

    private static func fresh(_ name: String, _ builder: inout PipelineBuilder) -> String {
        var candidate = name
        var count = 1
        while !builder.sizes.insert(candidate).inserted {
            count += 1
            candidate = "\(name)_\(count)"
        }
        return candidate
    }

    private mutating func fit(
        _ found: Dimension, _ wanted: Dimension, isInput: Bool, _ builder: inout PipelineBuilder
    ) -> Bool {
        switch (found, wanted) {
        case (.fixed(let left), .fixed(let right)): return left == right
        case (.symbol(let name), .fixed):
            // Clients are told what the models would refuse.
            if isInput { Self.replace(name, wanted, &builder) }
            return true
        case (_, .symbol(let name)):
            guard let known = sizes[name] else {
                sizes[name] = found
                return true
            }
            if case (.fixed(let left), .fixed(let right)) = (known, found) { return left == right }
            if case .fixed = found { sizes[name] = found }
            return true
        default: return true
        }
    }

    private static func replace(_ symbol: String, _ size: Dimension, _ builder: inout PipelineBuilder) {
        for index in builder.values.indices {
            builder.values[index].dimensions = builder.values[index].dimensions?.map {
                $0 == .symbol(symbol) ? size : $0
            }
        }
    }

    /// An output of the model, in the pipeline's sizes.
    func output(_ output: TensorSpec) -> TensorSpec {
        var result = output
        result.dimensions = output.dimensions?.map { dimension in
            if case .symbol(let name) = dimension { sizes[name] ?? .unknown } else { dimension }
        }
        return result
    }

    /// What two shapes have in common.
    ///
    /// - Returns: `nil` when they contradict each other.
    static func common(_ left: [Dimension]?, _ right: [Dimension]?) -> (dimensions: [Dimension]?, Void)? {
        guard let left, let right else { return (left ?? right, ()) }
        guard left.count == right.count else { return nil }
        var result: [Dimension] = []
        for (first, second) in zip(left, right) {
            if case (.fixed(let a), .fixed(let b)) = (first, second), a != b { return nil }
            result.append(first == second ? first : first.size != nil ? first : second.size != nil ? second : .unknown)
        }
        return (result, ())
    }

    private func mismatch(_ value: PipelinePlan.Value, _ input: TensorSpec, _ place: String) -> PipelineError {
        PipelineError(
            .mismatch, place,
            "model '\(member)' expects \(input.elementType.displayName) \(input.shapeDescription), but '\(value.name)' is "
                + value.text)
    }
}
