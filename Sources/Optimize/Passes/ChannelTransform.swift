import ModelGraph
import Tensors

/// What an operator does to each channel, the second axis, with numbers that are constant: `y = scale · x + shift`.
///
/// A batch normalisation at rest, or a factor, divisor, summand or subtrahend for each channel or for all.
struct ChannelTransform {
    let scale: [Double]
    let shift: [Double]

    var count: Int { scale.count }

    /// Whether nothing is added.
    var isFactor: Bool { shift.allSatisfy { $0 == 0 } }

    static let arithmetic: Set<String> = ["Mul", "Div", "Add", "Sub"]

    /// The value that such a node changes; `nil` where it is none.
    static func input(_ index: Int, _ view: GraphView, among operators: Set<String>) -> String? {
        guard let type = view.standardOperator(index), operators.contains(type) else { return nil }
        let node = view.nodes[index]
        guard type != "BatchNormalization" else { return node.input(0) }
        guard node.inputs.count == 2 else { return nil }
        if view.constant(node.inputs[1]) != nil { return node.inputs[0] }
        return type != "Div" && view.constant(node.inputs[0]) != nil ? node.inputs[1] : nil
    }

    /// - Parameter channels: how many there are.
    /// - Throws: `RuleFault`, saying what keeps the node from being such a transform.
    init(_ index: Int, _ view: GraphView, channels: Int) throws {
        if view.standardOperator(index) == "BatchNormalization" {
            try self.init(normalization: index, view)
        } else {
            try self.init(arithmetic: index, view, channels)
        }
        guard count == channels else {
            throw RuleFault("\(channels) channels are normalised with \(count) statistics")
        }
        guard scale.allSatisfy(\.isFinite), shift.allSatisfy(\.isFinite) else {
            throw RuleFault("a variance of its is negative, or its numbers are not finite")
        }
    }

    /// `scale = γ / √(σ² + ε)`, `shift = β − μ · scale`. Source: ONNX, `BatchNormalization`.
    private init(normalization index: Int, _ view: GraphView) throws {
        let node = view.nodes[index]
        guard view.opset >= 7 || node.int("is_test") == 1, node.int("training_mode") ?? 0 == 0,
            node.outputs.dropFirst().allSatisfy(\.isEmpty)
        else { throw RuleFault("it is in training") }
        guard node.int("spatial") ?? 1 == 1 else { throw RuleFault("it normalises every element by itself") }
        let parameters = (1...4).map { WeightMath.doubles(view.constant(node.input($0))) }
        guard let gamma = parameters[0], let beta = parameters[1], let mean = parameters[2],
            let variance = parameters[3]
        else { throw RuleFault("its statistics are not constant") }
        guard Set([gamma.count, beta.count, mean.count, variance.count]).count == 1, !gamma.isEmpty else {
            throw RuleFault("its statistics differ in length")
        }
        let epsilon = Double(node.float("epsilon") ?? 1e-5)
        let scale = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
        self.scale = scale
        shift = zip(beta, zip(mean, scale)).map { $0 - $1.0 * $1.1 }
    }

    /// `x · c`, `x / c`, `x + c`, `x − c`, and with the constant first where that is the same or turned.
    private init(arithmetic index: Int, _ view: GraphView, _ channels: Int) throws {
        let node = view.nodes[index]
        guard view.opset >= 7 else { throw RuleFault("before operator set 7 sizes match in another way") }
        let isSecond = view.constant(node.input(1)) != nil
        let constant = isSecond ? node.input(1) : node.input(0)
        let values = try Self.perChannel(constant, of: isSecond ? node.input(0) : node.input(1), channels, view)
        let (zeros, ones) = ([Double](repeating: 0, count: channels), [Double](repeating: 1, count: channels))
        switch (node.operatorType, isSecond) {
        case ("Mul", _): (scale, shift) = (values, zeros)
        case ("Div", true): (scale, shift) = (values.map { 1 / $0 }, zeros)
        case ("Add", _): (scale, shift) = (ones, values)
        case ("Sub", true): (scale, shift) = (ones, values.map { -$0 })
        case ("Sub", false): (scale, shift) = (ones.map { -$0 }, values)
        default: throw RuleFault("it divides by what it gets")
        }
    }

    /// A constant as one number for each channel, when it has one for each, or one for all.
    private static func perChannel(
        _ constant: String, of value: String, _ channels: Int, _ view: GraphView
    ) throws -> [Double] {
        guard let rank = view.rank(value), let tensor = view.constant(constant),
            let values = WeightMath.doubles(tensor), tensor.dimensions.count <= rank
        else { throw RuleFault("how its sizes match is not known") }
        if values.count == 1 { return [Double](repeating: values[0], count: channels) }
        // With one channel, the constant would make more of them.
        guard view.dimensions(value)?.dropFirst().first?.size == channels else {
            throw RuleFault("how many channels it changes is not known")
        }
        // Sizes are matched from the last axis on; the channels are the second of all.
        let axis = tensor.dimensions.count - (rank - 1)
        let others = tensor.dimensions.indices.filter { $0 != axis }
        guard axis >= 0, tensor.dimensions[axis] == Int64(channels), others.allSatisfy({ tensor.dimensions[$0] == 1 })
        else { throw RuleFault("its constant is not one number for each channel") }
        return values
    }
}
