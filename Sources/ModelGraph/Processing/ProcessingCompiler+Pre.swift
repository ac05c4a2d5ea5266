import Columns
import Images
import Tensors

/// Steps before the model. What clients send is found by going backwards from what the model takes; the nodes are then
/// made going forwards.
extension ProcessingCompiler {
    mutating func compile(_ operations: [PreStep.Operation], before input: String) throws(GraphError) {
        let place = Place.Step.input(input)
        let (index, spec) = try modelInput(input)
        if let late = operations.dropFirst().first(where: \.isOutsideGraph) {
            throw processingError("\(late.name) comes first: before it there is nothing that a graph takes", at: place)
        }
        if let first = operations.first, first.isOutsideGraph {
            let graph = Array(operations.dropFirst())
            try check(
                first, before: graph, place,
                ProcessedValue(name: input, type: spec.elementType, dimensions: spec.dimensions))
            // What it gives is what the graph takes; whoever runs the graph does it before.
            return graph.isEmpty ? () : try compile(graph, before: input)
        }
        var stages = [ProcessedValue(name: input, type: spec.elementType, dimensions: spec.dimensions)]
        for operation in operations.reversed() {
            stages.insert(try Self.value(before: operation, giving: stages[0], at: place), at: 0)
        }
        editor.setInputType(at: index, .tensor(stages[0].type, stages[0].dimensions))

        let prepared = editor.freshName("\(input)_prepared")
        editor.replaceReads(of: input, with: prepared)
        var current = input
        for (position, operation) in operations.enumerated() {
            let isLast = position == operations.count - 1
            let result = isLast ? prepared : editor.freshName("\(input)_\(operation.name)")
            try emit(operation, from: current, to: result, giving: stages[position + 1])
            current = result
        }
    }

    /// Finds out now whether a step that is no part of the graph gives what the graph takes.
    private func check(
        _ step: PreStep.Operation, before operations: [PreStep.Operation], _ place: Place.Step, _ model: ProcessedValue
    ) throws(GraphError) {
        var value = model
        for operation in operations.reversed() { value = try Self.value(before: operation, giving: value, at: place) }
        do {
            switch step {
            case .image(let recipe): _ = try ImagePlan(recipe, type: value.type, dimensions: value.dimensions)
            case .columns(let recipes): _ = try ColumnPlan(recipes, type: value.type, dimensions: value.dimensions)
            default: break
            }
        } catch let error as ImageError {
            throw processingError(error.message, at: place)
        } catch let error as ColumnError {
            throw processingError(error.message, at: place)
        } catch {
            throw processingError("\(error)", at: place)
        }
    }

    /// Finds out now whether what clients see has a name for each input: columns of one name are one input, and none is
    /// called like an input that takes tensors.
    func checkColumnNames(_ steps: [PreStep]) throws(GraphError) {
        var recipes: [ColumnRecipe] = []
        var inputs: Set<String> = []
        for step in steps {
            guard case .columns(let columns) = step.operation else { continue }
            recipes += columns
            inputs.insert(step.input)
        }
        guard !recipes.isEmpty else { return }
        let others = editor.model.graph.requiredInputs.map(\.name).filter { !inputs.contains($0) }
        if let column = recipes.first(where: { others.contains($0.column) }) {
            throw GraphError(
                .invalidProcessing, "column \(column.column.quoted) has the name of an input that takes tensors")
        }
    }

    private func modelInput(_ name: String) throws(GraphError) -> (Int, TensorSpec) {
        let graph = editor.model.graph
        let place = Place.Step.input(name)
        guard let index = graph.inputs.firstIndex(where: { $0.name == name }),
            !graph.constantNames.contains(name)
        else {
            let known = graph.requiredInputs.map(\.name.quoted).joined(separator: ", ")
            throw processingError("is no input of the model; it has \(known)", at: place)
        }
        guard !graph.outputs.contains(where: { $0.name == name }) else {
            throw processingError("is an output of the model too, so that it cannot be changed", at: place)
        }
        return (index, try graph.inputs[index].tensorSpec(at: place))
    }

    /// What must go into `operation` for `result` to come out.
    private static func value(
        before operation: PreStep.Operation, giving result: ProcessedValue, at place: Place.Step
    ) throws(GraphError) -> ProcessedValue {
        var value = result
        switch operation {
        case .scale(let factor):
            try requireFloat(result, operation, at: place)
            guard factor.isFinite else { throw processingError("scale \(factor); expected a finite number", at: place) }
        case .normalise(let mean, let std, let axis):
            try requireFloat(result, operation, at: place)
            try check(mean, std, axis, result, at: place)
        case .reshape(let target, let source):
            value.dimensions = try dimensions(before: target, source, giving: result, at: place)
        case .image, .columns: break
        case .cast(let type):
            guard castable.contains(type), castable.contains(result.type) else {
                throw processingError(
                    "cast from \(type.displayName) to \(result.type.displayName); "
                        + "expected numbers, booleans or strings", at: place)
            }
            value.type = type
        }
        return value
    }

    private static let castable: Set<ElementType> = floats.union([
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .string,
    ])

    private static func requireFloat(
        _ value: ProcessedValue, _ operation: PreStep.Operation, at place: Place.Step
    ) throws(GraphError) {
        guard floats.contains(value.type) else {
            throw processingError(
                "\(operation.name) works on floats, but the value is \(value.type.displayName) there", at: place)
        }
    }

    private static func check(
        _ mean: [Double], _ std: [Double], _ axis: Int, _ value: ProcessedValue, at place: Place.Step
    ) throws(GraphError) {
        guard !mean.isEmpty, mean.count == std.count else {
            throw processingError(
                "normalise has \(mean.count) means and \(std.count) stds; expected as many", at: place)
        }
        guard mean.allSatisfy(\.isFinite), std.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw processingError("normalise needs finite means, and stds over 0", at: place)
        }
        guard mean.count > 1 else { return }
        guard let dimensions = value.dimensions else {
            if axis < 0 { return }
            throw processingError(
                "normalise on axis \(axis), but the rank is not declared; count from the end", at: place)
        }
        guard let size = dimensions.at(axis: axis) else {
            throw processingError("normalise on axis \(axis), but the value is \(value.description)", at: place)
        }
        guard size.size == nil || size.size == mean.count else {
            throw processingError(
                "normalise has \(mean.count) means, but axis \(axis) of \(value.description) has size \(size)",
                at: place)
        }
    }

    /// The nodes of one step.
    private mutating func emit(
        _ operation: PreStep.Operation, from source: String, to result: String, giving value: ProcessedValue
    ) throws(GraphError) {
        switch operation {
        case .scale(let factor):
            let constant = try addFloats("\(result)_factor", [factor], shape: [], value.type)
            prepend("Mul", [source, constant], result)
        case .normalise(let mean, let std, let axis):
            let shape = Self.broadcastShape(mean.count, axis: axis, rank: value.dimensions?.count)
            let means = try addFloats("\(result)_mean", mean, shape: shape, value.type)
            let stds = try addFloats("\(result)_std", std, shape: shape, value.type)
            let centred = editor.freshName("\(result)_centred")
            prepend("Sub", [source, means], centred)
            prepend("Div", [centred, stds], result)
        case .reshape(let target, _):
            let shape = try addInt64s("\(result)_shape", target.map(Int64.init))
            prepend("Reshape", [source, shape], result)
        case .image, .columns: break
        case .cast:
            prepend("Cast", [source], result, [Attribute("to", .int(Int64(value.type.onnxCode)))])
        }
    }

    private mutating func prepend(
        _ operatorType: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
    ) {
        let name = editor.freshName("\(output)_node")
        editor.prepend(Node(operatorType, inputs, [output], name: name, attributes: attributes))
    }

    /// `[count, 1, 1]`: as many ones as there are dimensions after `axis`.
    private static func broadcastShape(_ count: Int, axis: Int, rank: Int?) -> [Int] {
        guard count > 1 else { return [] }
        let after = axis < 0 ? -axis - 1 : (rank ?? axis + 1) - axis - 1
        return [count] + [Int](repeating: 1, count: max(0, after))
    }
}

extension PreStep.Operation {
    /// The step's name in JSON, in messages, and in the names of values.
    var name: String {
        switch self {
        case .scale: "scale"
        case .normalise: "normalise"
        case .reshape: "reshape"
        case .cast: "cast"
        case .image: "image"
        case .columns: "columns"
        }
    }

    /// Whether it is done before the graph runs.
    var isOutsideGraph: Bool {
        switch self {
        case .image, .columns: true
        default: false
        }
    }
}
