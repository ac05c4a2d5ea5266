import Tensors

/// One of LiteRT's operators being written as TensorFlow's.
struct GraphDefStep {
    typealias Settings = [(key: String, value: GraphDefNode.Setting)]

    let lowering: GraphDefLowering
    let operation: LiteOperator

    private var builder: GraphDefBuilder { lowering.builder }

    // MARK: - What it reads

    func input(_ place: Int) throws -> String { try lowering.value(try number(place)) }

    private func number(_ place: Int) throws -> Int {
        guard operation.inputs.indices.contains(place), operation.inputs[place] >= 0 else {
            throw LoweringFault("has no input \(place + 1)")
        }
        return operation.inputs[place]
    }

    func tensor(_ place: Int) throws -> LiteTensor { lowering.model.tensors[try number(place)] }

    /// The elements of an input that is a constant.
    func constant(_ place: Int) throws -> Tensor? { try tensor(place).data }

    /// Whole numbers that must be known.
    func integers(_ place: Int) throws -> [Int] {
        guard let values = try constant(place)?.integerValues else {
            throw LoweringFault("works out input \(place + 1) while it runs")
        }
        return values
    }

    /// How many times the batch each of these numbers is.
    func multiples(_ place: Int) throws -> [Int]? { lowering.batch?.multiples(try number(place)) }

    /// The sizes of an input, the batch left open.
    func sizes(_ place: Int) throws -> [Int?] { lowering.shape(try number(place)) }

    // MARK: - What it makes

    /// What it makes, in the graph that was lowered.
    var output: LiteTensor { lowering.model.tensors[operation.outputs[0]] }
    var outputSizes: [Int?] { lowering.shape(operation.outputs[0]) }
    var type: ElementType { output.type }
    /// A name for the nodes on the way to its result.
    var name: String { output.name }

    /// A whole number of the operator's settings.
    func setting(_ slot: Int) -> Int { operation.options?.number(slot) ?? 0 }
    func flag(_ slot: Int) -> Bool { setting(slot) != 0 }

    // MARK: - Nodes

    /// A node whose elements are of one type, which it is told as `T`.
    func node(
        _ operatorType: String, _ inputs: [String], _ more: Settings = [], of type: ElementType? = nil,
        named part: String? = nil
    ) -> String {
        builder.add(
            operatorType, inputs, part.map { "\(name)/\($0)" } ?? name, [("T", .type(type ?? self.type))] + more)
    }

    /// The same for one that is told no `T`.
    func plainNode(_ operatorType: String, _ inputs: [String], _ settings: Settings) -> String {
        builder.add(operatorType, inputs, name, settings)
    }

    func list(_ values: [Int], _ part: String, _ dimensions: [Int]? = nil) throws -> String {
        try builder.integers(values, "\(name)/\(part)", dimensions)
    }

    func constant(_ tensor: Tensor, _ part: String) -> String { builder.constant(tensor, "\(name)/\(part)") }

    /// A number without axes.
    func scalar(_ value: Double, _ part: String, _ type: ElementType? = nil) throws -> String {
        constant(try Tensor(.float64, .scalar, values: [value]).converted(to: type ?? self.type), part)
    }

    /// An input with its axes in another order: a constant is written so.
    func turned(_ place: Int, _ order: [Int], _ part: String) throws -> String {
        if let known = try constant(place) { return constant(try known.ordered(AxisOrder(order)), part) }
        let value = try input(place)
        return node(
            "Transpose", [value, try list(order, "\(part)_order")], [("Tperm", .type(.int32))],
            of: try tensor(place).type, named: part)
    }

    /// With a bias for each channel; as it is where all of them are zero.
    func biased(_ value: String, _ place: Int) throws -> String {
        guard operation.inputs.indices.contains(place), operation.inputs[place] >= 0 else { return value }
        if let known = try constant(place)?.floatValues, known.allSatisfy({ $0 == 0 }) { return value }
        return node("BiasAdd", [value, try input(place)], [("data_format", .text("NHWC"))])
    }
}
