import ModelGraph
import Tensors

/// Values given another shape or order. A transposition costs nothing until somebody needs the other order.
extension LoweringRules {
    static let shapes: [String: LoweringRule] = [
        "Reshape": flattened, "Flatten": flattened,
        "Transpose": transpose,
        "Squeeze": squeeze, "Unsqueeze": unsqueeze,
        "Expand": expand, "Tile": tile,
        "Constant": constant, "ConstantOfShape": unknownShape, "Shape": unknownShape, "Range": unknownShape,
        "DepthToSpace": { try block($0, .depthToSpace) }, "SpaceToDepth": { try block($0, .spaceToDepth) },
    ]

    private static let flattened: LoweringRule = { node in
        let input = try node.input(0)
        let shape = try node.outputShape()
        let tensor = try node.graph.tensor(input, in: .plain(input.rank))
        if let constant = input.constant {
            return try node.defineConstant(constant.reshaped(shape))
        }
        try node.define(node.reshape(tensor, shape), in: .plain(shape.count))
    }

    private static let transpose: LoweringRule = { node in
        let input = try node.input(0)
        let permutation = node.ints("perm") ?? Array((0..<input.rank).reversed())
        guard permutation.sorted() == Array(0..<input.rank) else {
            throw LoweringFault("has perm \(permutation) for a value with \(input.rank) axes")
        }
        if let constant = input.constant { return try node.defineConstant(constant.ordered(AxisOrder(permutation))) }
        let tensor = try node.graph.tensor(input, in: input.order)
        try node.define(tensor, in: input.order.transposed(permutation))
    }

    private static let squeeze: LoweringRule = { node in
        let input = try node.input(0)
        let given = try node.integers("axes", input: 1)
        let gone = Set(
            try given?.map(input.axis) ?? input.shape.indices.filter { input.shape[$0] == 1 })
        if let constant = input.constant { return try node.defineConstant(constant.reshaped(node.outputShape())) }
        let order = input.order.removing(gone)
        let tensor = try node.graph.tensor(input, in: input.order)
        try node.define(node.reshape(tensor, order.stored(node.outputShape())), in: order)
    }

    private static let unsqueeze: LoweringRule = { node in
        let input = try node.input(0)
        let shape = try node.outputShape()
        let new = Set(try (node.integers("axes", input: 1) ?? []).map { $0 < 0 ? $0 + shape.count : $0 })
        guard new.count == shape.count - input.rank, new.allSatisfy(shape.indices.contains) else {
            throw LoweringFault("adds axes that do not fit")
        }
        if let constant = input.constant { return try node.defineConstant(constant.reshaped(shape)) }
        let order = input.order.inserting(new, rank: shape.count)
        let tensor = try node.graph.tensor(input, in: input.order)
        try node.define(node.reshape(tensor, order.stored(shape)), in: order)
    }

    private static let expand: LoweringRule = { node in
        let input = try node.input(0)
        let (type, shape) = try node.outputType()
        let tensor = try node.operand(input, in: .plain(shape.count))
        if input.shape == shape { return node.graph.alias(node.node.outputs[0], input) }
        let made = try node.emit(.broadcastTo, [tensor, node.integers(shape, "shape")], shape, type: type, version: 2)
        try node.define(made, in: .plain(shape.count))
    }

    private static let tile: LoweringRule = { node in
        let input = try node.input(0)
        guard let repeats = try node.constant(1, "repeats").integerValues, repeats.count == input.rank else {
            throw LoweringFault("has repeats that do not fit its input")
        }
        let order = input.order
        let made = try node.emit(
            .tile, [node.graph.tensor(input, in: order), node.integers(order.stored(repeats), "repeats")],
            order.stored(node.outputShape()), type: input.type)
        try node.define(made, in: order)
    }

    private static let constant: LoweringRule = { node in
        guard let tensor = try node.node.constantTensor else {
            throw LoweringFault("holds no tensor of numbers")
        }
        try node.defineConstant(tensor)
    }

    private static let unknownShape: LoweringRule = { node in
        throw LoweringFault(
            "works out a shape that is not known before it runs",
            remedy: "export with fixed sizes, or simplify the graph with onnxsim")
    }

    /// Depth in blocks: LiteRT's order of channels is ONNX's `DCR`; for `CRD` they are reordered first.
    private static func block(_ node: NodeLowering, _ code: LiteOperatorCode) throws {
        let input = try node.input(0)
        guard let size = node.int("blocksize"), size > 0, input.rank == 4 else {
            throw LoweringFault("takes a value with \(input.rank) axes; expected 4")
        }
        var tensor = try node.image(input)
        if code == .depthToSpace, node.text("mode") == "CRD" {
            let depth = input.shape[1] / (size * size)
            let channels = (0..<size * size).flatMap { place in (0..<depth).map { $0 * size * size + place } }
            tensor = try node.emit(
                .gather, [tensor, node.integers(channels, "channels")], node.shape(tensor), type: input.type,
                options: .gather(axis: 3))
        }
        try node.defineImage(
            node.emit(code, [tensor], node.imageShape(), type: input.type, options: .block(code, size)))
    }
}

extension NodeLowering {
    /// Says that output `index` is a constant.
    func defineConstant(_ tensor: Tensor, output index: Int = 0) throws {
        graph.define(
            LoweredValue(node.outputs[index], tensor.elementType, tensor.shape.dimensions, constant: tensor))
    }
}
