import ModelGraph
import Tensors

/// One node being lowered: what it reads, its attributes, and ways to make operators of it.
struct NodeLowering {
    let graph: GraphLowering
    let node: Node
    /// The version of the operator set that the node's operator comes from.
    let opset: Int
    let types: InferredTypes

    var operatorType: String { node.operatorType }

    // MARK: Values

    /// An input that must be there.
    func input(_ index: Int) throws -> LoweredValue {
        guard let value = try optionalInput(index) else {
            throw LoweringFault("has no input \(index + 1)")
        }
        return value
    }

    /// An input that may be left out.
    func optionalInput(_ index: Int) throws -> LoweredValue? {
        guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else { return nil }
        guard let value = graph.values[node.inputs[index]] else {
            throw LoweringFault("reads '\(node.inputs[index].prefix(80))', which nothing makes")
        }
        return value
    }

    /// An input whose elements must be known before anything runs.
    func constant(_ index: Int, _ what: String) throws -> Tensor {
        guard let tensor = try optionalConstant(index, what) else { throw LoweringFault("has no \(what)") }
        return tensor
    }

    /// The same for an input that may be left out.
    func optionalConstant(_ index: Int, _ what: String) throws -> Tensor? {
        guard let value = try optionalInput(index) else { return nil }
        guard let constant = value.constant else {
            throw LoweringFault(
                "works out its \(what) while it runs; LiteRT needs it beforehand",
                remedy: "export with fixed sizes, or simplify the graph with onnxsim")
        }
        return constant
    }

    /// Whole numbers from an attribute (older operator sets) or an input (newer ones).
    func integers(_ attribute: String, input index: Int) throws -> [Int]? {
        if let given = ints(attribute) { return given }
        guard let constant = try optionalConstant(index, attribute) else { return nil }
        guard let values = constant.integerValues else {
            throw LoweringFault("has \(attribute) of \(constant.elementType.displayName); expected integers")
        }
        return values
    }

    /// The element type and shape of an output.
    func outputType(_ index: Int = 0) throws -> (type: ElementType, shape: [Int]) {
        let name = node.outputs[index]
        guard let tensor = types[name]?.tensor, let type = tensor.elementType, let dimensions = tensor.dimensions else {
            throw LoweringFault(
                "makes '\(name.prefix(80))', whose shape is not known before it runs",
                remedy: "export with fixed sizes, or give --batch")
        }
        let sizes = dimensions.compactMap(\.size)
        guard sizes.count == dimensions.count else {
            throw LoweringFault(
                "makes '\(name.prefix(80))' of shape [\(dimensions.map(\.description).joined(separator: ", "))]; "
                    + "LiteRT needs fixed sizes",
                remedy: "export with fixed sizes, or give --batch")
        }
        return (type, sizes)
    }

    func outputShape(_ index: Int = 0) throws -> [Int] { try outputType(index).shape }

    /// Says that a tensor is output `index`.
    func define(_ tensor: Int, in order: AxisOrder, output index: Int = 0) throws {
        let (type, shape) = try outputType(index)
        let value = LoweredValue(node.outputs[index], type, shape)
        guard graph.model.tensors[tensor].shape == order.stored(shape) else {
            throw LoweringFault(
                "would make shape \(graph.model.tensors[tensor].shape), where ONNX has \(order.stored(shape))")
        }
        value.hold(tensor, in: order)
        graph.define(value)
    }

    // MARK: Operators

    /// A new operator with one result, named like the node's first output.
    func emit(
        _ code: LiteOperatorCode, _ inputs: [Int], _ shape: [Int], type: ElementType = .float32,
        options: LiteOptions? = nil, version: Int = 1
    ) throws -> Int {
        let made = try graph.addTensor(node.outputs.first ?? node.name, type, shape)
        graph.add(code, inputs, [made], options: options, version: version)
        return made
    }

    /// The shape of a tensor as it is stored.
    func shape(_ tensor: Int) -> [Int] { graph.model.tensors[tensor].shape }

    func type(_ tensor: Int) -> ElementType { graph.model.tensors[tensor].type }

    /// A RESHAPE; nothing where the shape is the same.
    func reshape(_ tensor: Int, _ shape: [Int]) throws -> Int {
        guard self.shape(tensor) != shape else { return tensor }
        return try emit(.reshape, [tensor, integers(shape, "shape")], shape, type: type(tensor))
    }

    /// An operator with two inputs of which the second does not change the first one's shape, such as a scale.
    func binary(_ code: LiteOperatorCode, _ left: Int, _ right: Int) throws -> Int {
        try emit(code, [left, right], Broadcast.shape(shape(left), shape(right)), type: type(left))
    }

    func unary(_ code: LiteOperatorCode, _ operand: Int) throws -> Int {
        try emit(code, [operand], shape(operand), type: type(operand))
    }

    func integers(_ values: [Int], _ name: String, _ dimensions: [Int]? = nil) throws -> Int {
        try graph.constant(.integers(values, dimensions), name)
    }

    func scalar(_ value: Float) throws -> Int { try graph.constant(.floats([value], []), "scalar") }

    /// A single number of the type of a tensor.
    func scalar(_ value: Double, like tensor: Int) throws -> Int {
        let number = try Tensor(.float64, .scalar, values: [value]).converted(to: type(tensor))
        return try graph.constant(number, "scalar")
    }
}

/// Attributes.
extension NodeLowering {
    func int(_ name: String) -> Int? { node.attribute(name)?.value.intValue.map { Int($0) } }
    func ints(_ name: String) -> [Int]? { node.attribute(name)?.value.intsValue?.map { Int($0) } }
    func text(_ name: String) -> String? { node.attribute(name)?.value.textValue }
    func flag(_ name: String) -> Bool { (int(name) ?? 0) != 0 }

    func float(_ name: String) -> Float? {
        if case .float(let value)? = node.attribute(name)?.value { value } else { nil }
    }
}

/// Shapes that are stretched to fit each other.
enum Broadcast {
    static func shape(_ left: [Int], _ right: [Int]) -> [Int] {
        let rank = max(left.count, right.count)
        let one = [Int](repeating: 1, count: rank - left.count) + left
        let other = [Int](repeating: 1, count: rank - right.count) + right
        return zip(one, other).map { $0 == 1 ? $1 : $0 }
    }
}
