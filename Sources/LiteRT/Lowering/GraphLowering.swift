import ModelGraph
import Tensors

/// Turns an ONNX graph into LiteRT's operators, node by node, and keeps which tensor holds which value.
final class GraphLowering {
    var model = LiteModel()
    private(set) var values: [String: LoweredValue] = [:]
    private var takenNames: Set<String> = []
    /// The tensor of INT8 behind one of UINT8.
    var signed: [Int: Int] = [:]
    /// The node whose operators are being made.
    var source: Int?

    /// Adds a tensor under a name of its own.
    func addTensor(_ name: String, _ type: ElementType, _ shape: [Int], data: Tensor? = nil) throws -> Int {
        guard type.liteCode != nil else {
            throw LoweringFault(
                "has values of \(type.displayName), which LiteRT's operators do not take",
                remedy: "export the model in FP32")
        }
        guard !shape.contains(0) else { throw LoweringFault("has a value of shape \(shape), without elements") }
        guard shape.allSatisfy({ Int32(exactly: $0) != nil }) else {
            throw LoweringFault("has a value of shape \(shape), whose sizes do not fit 32 bits")
        }
        model.tensors.append(LiteTensor(name: freshName(name), type: type, shape: shape, data: data))
        return model.tensors.count - 1
    }

    private func freshName(_ base: String) -> String {
        var name = base.isEmpty ? "value" : base
        var number = 2
        while !takenNames.insert(name).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        return name
    }

    /// Adds an operator that makes `outputs`.
    func add(
        _ code: LiteOperatorCode, _ inputs: [Int], _ outputs: [Int], options: LiteOptions? = nil, version: Int = 1
    ) {
        model.operators.append(
            LiteOperator(
                code: code, version: version, inputs: inputs, outputs: outputs,
                options: options ?? .usual(code), source: source))
    }

    func define(_ value: LoweredValue) { values[value.name] = value }

    /// The value under another name too.
    func alias(_ name: String, _ value: LoweredValue) { values[name] = value }

    /// The tensor that holds a value in an order of axes: the one that is there, a constant written in that order, or
    /// what a new TRANSPOSE makes (RESHAPE, where only axes of size 1 move).
    func tensor(_ value: LoweredValue, in order: AxisOrder) throws -> Int {
        if let known = value.tensors[order] { return known }
        let shape = order.stored(value.shape)
        if let constant = value.constant {
            let made = try addTensor(value.name, value.type, shape, data: constant.ordered(order))
            model.tensors[made].quantization = value.quantization?.stored(in: order)
            value.hold(made, in: order)
            return made
        }
        let from =
            value.tensors.keys.sorted { $0.axes.lexicographicallyPrecedes($1.axes) }
            .first { $0.isSameMemory(as: order, shape: value.shape) } ?? value.order
        guard let existing = value.tensors[from] else {
            throw LoweringFault("reads '\(value.name.prefix(80))', which nothing makes")
        }
        let made = try addTensor(value.name, value.type, shape)
        if from.isSameMemory(as: order, shape: value.shape) {
            add(.reshape, [existing, try constant(.integers(shape), "shape")], [made])
        } else {
            guard value.rank <= 6 else {
                throw LoweringFault("needs a value with \(value.rank) axes reordered; LiteRT reorders 6 at most")
            }
            let permutation = try constant(.integers(from.permutation(to: order)), "permutation")
            add(.transpose, [existing, permutation], [made])
        }
        value.hold(made, in: order)
        return made
    }

    /// A constant of our own.
    func constant(_ tensor: Tensor, _ name: String) throws -> Int {
        try addTensor("\(name)", tensor.elementType, tensor.shape.dimensions, data: tensor)
    }
}
