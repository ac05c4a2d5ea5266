import ModelGraph
import Tensors

/// Walks through a graph in the order of its nodes and collects what cannot be converted, so that all of it is said
/// at once.
struct GraphConverter {
    private let source: Model
    private let options: ConversionOptions
    private let types: InferredTypes
    private let lowering = GraphLowering()
    private let needed: Set<Int>
    private var problems: [String] = []
    private var knownNodes: Set<Int> = []

    /// - Throws: `ConversionError.Code.invalid` for sizes that contradict the model or are missing.
    init(_ model: Model, _ options: ConversionOptions) throws(ConversionError) {
        source = model
        self.options = options
        var assumed = InferenceOptions(batch: options.batch ?? 1)
        assumed.symbols = options.sizes
        assumed.inputDimensions = options.inputDimensions.mapValues { $0.map(Dimension.fixed) }
        types = model.inferred(assumed)
        needed = Self.neededNodes(model.graph, types)
        guard let opset = model.opset, opset >= 7 else {
            throw ConversionError(
                .invalid, "the model is of operator set \(model.opset ?? 0); conversion begins with 7",
                help: "update it with onnx.version_converter, or export it again")
        }
        try requireFixedInputs()
    }

    /// Runs the conversion.
    ///
    /// - Throws: `ConversionError`.
    consuming func run() throws(ConversionError) -> LiteConversion {
        var model = try lower()
        model.fuseActivations()
        model.joinIntegers()
        model.removeUnused()
        return try LiteConversion(model, steps: steps(Self.names(model)), batch: options.batch ?? 1)
    }

    /// Runs the conversion without what only LiteRT's kernels want: bounds stay operators of their own, and what is
    /// computed with integers in the model is computed with the numbers that they stand for.
    ///
    /// - Returns: the operators, and, given what others were made of each node, the steps.
    /// - Throws: `ConversionError`.
    consuming func runWithoutFusion() throws(ConversionError) -> (
        model: LiteModel, steps: ([Int: [String]]) -> [ConversionStep]
    ) {
        var model = try lower()
        model.removeUnused()
        let finished = self
        return (model, { finished.steps($0) })
    }

    private mutating func lower() throws(ConversionError) -> LiteModel {
        lowering.model.name = source.graph.name
        do {
            try defineInputs()
            try defineConstants()
        } catch {
            problems.append(Self.words(of: error, "the model"))
        }
        for (index, node) in source.graph.nodes.enumerated() where needed.contains(index) { lower(node, index) }
        lowering.source = nil
        if problems.isEmpty {
            do { try defineOutputs() } catch { problems.append(Self.words(of: error, "the model's outputs")) }
        }
        guard problems.isEmpty else { throw refusal }
        var model = lowering.model
        model.foldScales()
        return model
    }

    /// Looks for nodes that have no counterpart, and for nothing else.
    ///
    /// - Throws: `ConversionError.Code.unsupported` with each of them.
    consuming func requireCounterparts() throws(ConversionError) {
        for (index, node) in source.graph.nodes.enumerated() where needed.contains(index) {
            let isConstant = node.operatorType == "Constant" || Self.known(node, types) != nil
            guard !isConstant, Self.rule(for: node) == nil else { continue }
            problems.append(Self.noCounterpart(node, index))
        }
        guard problems.isEmpty else { throw refusal }
    }

    private var refusal: ConversionError {
        var error = ConversionError(
            .unsupported,
            problems.count == 1
                ? "one part of the model has no form in LiteRT"
                : "\(problems.count) parts of the model have no form in LiteRT",
            help: "nothing was written; 'slipway serve' runs the model as it is")
        error.problems = problems
        return error
    }

    // MARK: Before the nodes

    private func requireFixedInputs() throws(ConversionError) {
        for input in source.graph.requiredInputs {
            let dimensions = types[input.name]?.tensor?.dimensions
            guard let dimensions, dimensions.allSatisfy({ $0.size != nil }) else {
                let declared = input.type?.tensor?.dimensions ?? dimensions
                let words = declared.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? "of unknown rank"
                throw ConversionError(
                    .invalid, "input '\(input.name.prefix(80))' is \(words); LiteRT needs fixed sizes",
                    help: "give the open ones, such as --size height=224")
            }
            if let batch = options.batch, let first = dimensions.first?.size, first != batch {
                throw ConversionError(
                    .invalid,
                    "input '\(input.name.prefix(80))' has a first dimension of \(first), which is not the batch \(batch)",
                    help: "leave --batch out, or export the model with an open batch")
            }
        }
    }

    private func defineInputs() throws {
        let images = source.graph.imageValues
        for input in source.graph.requiredInputs {
            guard let tensor = types[input.name]?.tensor, let type = tensor.elementType else {
                throw LoweringFault("has input '\(input.name.prefix(80))', which is no tensor")
            }
            let shape = (tensor.dimensions ?? []).compactMap(\.size)
            let order = interfaceOrder(shape.count)
            let value = LoweredValue(input.name, type, shape)
            let made = try lowering.addTensor(input.name, type, order.stored(shape))
            value.hold(made, in: order)
            lowering.define(value)
            if images.contains(input.name), shape.count == 3 || shape.count == 4 {
                _ = try lowering.tensor(value, in: .channelsLast(shape.count))
                value.prefer(.channelsLast(shape.count))
            }
            lowering.model.inputs.append(LitePort(name: input.name, tensor: made, type: type, shape: shape))
        }
    }

    private func defineConstants() throws {
        guard source.graph.sparseInitializers.isEmpty else {
            throw LoweringFault("has sparse constants, which LiteRT has not", remedy: "export with dense weights")
        }
        for initializer in source.graph.initializers {
            let tensor = try initializer.tensor()
            lowering.define(
                LoweredValue(initializer.name, tensor.elementType, tensor.shape.dimensions, constant: tensor))
        }
    }

    private func interfaceOrder(_ rank: Int) -> AxisOrder {
        options.channelsLast && rank == 4 ? .channelsLast(4) : .plain(rank)
    }

    // MARK: The nodes

    private mutating func lower(_ node: Node, _ index: Int) {
        lowering.source = index
        if define(known: node, index) { return }
        guard let rule = Self.rule(for: node) else {
            problems.append(Self.noCounterpart(node, index))
            return definePlaceholders(node)
        }
        let context = NodeLowering(graph: lowering, node: node, opset: Int(source.opset ?? 1), types: types)
        do {
            try rule(context)
        } catch {
            problems.append(Self.words(of: error, Self.place(of: node, index)))
            definePlaceholders(node)
        }
    }

    private static func rule(for node: Node) -> LoweringRule? {
        let isOwn = node.domain.isEmpty || node.domain == "ai.onnx"
        return isOwn ? LoweringRules.rule(for: node.operatorType) : nil
    }

    static func place(of node: Node, _ index: Int) -> String {
        Place(.node(name: node.name, operator: node.operatorType, index: index)).description
    }

    private static func noCounterpart(_ node: Node, _ index: Int) -> String {
        "\(place(of: node, index)): LiteRT has no counterpart" + (remedies[node.operatorType].map { "; \($0)" } ?? "")
    }

    /// Makes constants of what is known before anything runs, such as a shape.
    private mutating func define(known node: Node, _ index: Int) -> Bool {
        if node.operatorType == "Constant", let tensor = try? node.constantTensor, let output = node.outputs.first {
            knownNodes.insert(index)
            lowering.define(
                LoweredValue(output, tensor.elementType, tensor.shape.dimensions, constant: tensor))
            return true
        }
        guard let tensors = Self.known(node, types) else { return false }
        knownNodes.insert(index)
        for (name, tensor) in tensors {
            lowering.define(LoweredValue(name, tensor.elementType, tensor.shape.dimensions, constant: tensor))
        }
        return true
    }

    /// Lets the nodes behind one that failed be looked at too.
    private func definePlaceholders(_ node: Node) {
        for output in node.outputs where !output.isEmpty {
            let tensor = types[output]?.tensor
            let shape = (tensor?.dimensions ?? []).map { $0.size ?? 1 }
            let value = LoweredValue(output, tensor?.elementType ?? .float32, shape)
            if let made = try? lowering.addTensor(output, value.type, shape) {
                value.hold(made, in: .plain(shape.count))
            }
            lowering.define(value)
        }
    }

    private static let remedies: [String: String] = [
        "LSTM": "unroll it in the exporter", "GRU": "unroll it in the exporter", "RNN": "unroll it in the exporter",
        "Einsum": "write it as MatMul and Transpose", "Loop": "unroll it in the exporter",
        "NonMaxSuppression": "leave it out of the model and do it on the device",
        "TreeEnsemble": "trees run on ONNX Runtime only", "TreeEnsembleClassifier": "trees run on ONNX Runtime only",
        "TreeEnsembleRegressor": "trees run on ONNX Runtime only",
    ]

    static func words(of error: any Error, _ place: String) -> String {
        switch error {
        case let fault as LoweringFault:
            "\(place): \(fault.reason)" + (fault.remedy.map { "; \($0)" } ?? "")
        case let error as GraphError: "\(place): \(error.description)"
        case let error as TensorError: "\(place): \(error.message)"
        default: "\(place): \(error)"
        }
    }

    // MARK: After the nodes

    private func defineOutputs() throws {
        var taken = Set(lowering.model.inputs.map(\.tensor))
        for output in source.graph.outputs {
            guard let value = lowering.values[output.name] else {
                throw LoweringFault("has output '\(output.name.prefix(80))', which nothing makes")
            }
            let order = interfaceOrder(value.rank)
            var tensor = try lowering.tensor(value, in: order)
            // An output is a tensor of its own: no input, no constant, no other output.
            if lowering.model.tensors[tensor].data != nil || !taken.insert(tensor).inserted {
                let shape = lowering.model.tensors[tensor].shape
                let copy = try lowering.addTensor(output.name, value.type, shape)
                lowering.add(.reshape, [tensor, try lowering.constant(.integers(shape), "shape")], [copy])
                taken.insert(copy)
                tensor = copy
            }
            lowering.model.rename(tensor, output.name)
            lowering.model.outputs.append(
                LitePort(name: output.name, tensor: tensor, type: value.type, shape: value.shape))
        }
    }

    /// The operators that each node became, by LiteRT's names.
    private static func names(_ model: LiteModel) -> [Int: [String]] {
        var made: [Int: [String]] = [:]
        for operation in model.operators {
            if let source = operation.source { made[source, default: []].append(operation.code.displayName) }
        }
        return made
    }

    private func steps(_ made: [Int: [String]]) -> [ConversionStep] {
        source.graph.nodes.enumerated().map { index, node in
            let kind: ConversionStep.Kind =
                if let codes = made[index] { .operators(codes) } else if knownNodes.contains(index) {
                    .constant
                } else if needed.contains(index) { .merged } else { .unused }
            let name = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "" : node.name
            return ConversionStep(index: index, name: name, operatorType: node.operatorType, kind: kind)
        }
    }
}

extension GraphConverter {
    /// The results of a node, where all are known before anything runs.
    private static func known(_ node: Node, _ types: InferredTypes) -> [(String, Tensor)]? {
        let wanted = node.outputs.filter { !$0.isEmpty }
        let tensors = wanted.compactMap { name in types.knownTensor(name).map { (name, $0) } }
        return tensors.count == wanted.count && !wanted.isEmpty ? tensors : nil
    }

    /// The nodes that an output depends on, what is known left out with all that it was made of.
    private static func neededNodes(_ graph: Graph, _ types: InferredTypes) -> Set<Int> {
        var names = Set(graph.outputs.map(\.name))
        var result: Set<Int> = []
        for (index, node) in graph.nodes.enumerated().reversed() where node.outputs.contains(where: names.contains) {
            result.insert(index)
            if known(node, types) == nil { names.formUnion(node.inputs.filter { !$0.isEmpty }) }
        }
        return result
    }
}

extension Node {
    /// What a `Constant` holds; `nil` for texts and sparse tensors.
    var constantTensor: Tensor? {
        get throws {
            for attribute in attributes {
                switch attribute.value {
                case .tensor(let tensor): return try tensor.tensor()
                case .float(let value): return try .floats([value], [])
                case .floats(let values): return try .floats(values)
                case .int(let value): return try Tensor(.int64, .scalar, values: [Int64(value)])
                case .ints(let values): return try Tensor(.int64, Shape([values.count]), values: values)
                default: continue
                }
            }
            return nil
        }
    }
}
