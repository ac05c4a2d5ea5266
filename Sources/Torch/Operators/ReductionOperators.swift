import ModelGraph
import Tensors

/// Sums, means and extremes along axes.
enum ReductionOperators {
    static let table: [String: OperatorRule] = [
        "mean": { try reduced($0, "ReduceMean", widens: .float32) }, "sum": sum,
        "prod": { try reduced($0, "ReduceProd", widens: .int64) },
        "amax": { try reduced($0, "ReduceMax") }, "amin": { try reduced($0, "ReduceMin") },
        "logsumexp": { try reduced($0, "ReduceLogSumExp") },
        "max": { try extreme($0, "ReduceMax", "ArgMax", "Max") },
        "min": { try extreme($0, "ReduceMin", "ArgMin", "Min") },
        "argmax": { try place($0, "ArgMax") }, "argmin": { try place($0, "ArgMin") },
        "var": { try variance($0, root: false) }, "std": { try variance($0, root: true) },
        "linalg_vector_norm": norm, "norm": norm, "cumsum": cumulative, "topk": topK,
        "any": { try logical($0, "ReduceMax") }, "all": { try logical($0, "ReduceMin") },
    ]

    /// The operand in the type that is asked for, or that sums of its type have.
    private static func operand(_ call: OperatorCall, widens: ElementType? = nil) throws(TorchError) -> ProgramTensor {
        let value = try call.tensor()
        if let wanted = try call.elementType("dtype") { return try call.cast(value, wanted) }
        guard let widens, value.type.category < ElementType.Category.floating else { return value }
        return try call.cast(value, widens)
    }

    private static func reduce(
        _ value: ProgramTensor, _ type: String, _ axes: [Int], keep: Bool, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        let keeping = Attribute.int("keepdims", keep ? 1 : 0)
        if value.rank == 0 { return value }
        if type == "ReduceSum" {
            return try call.make(type, names: [value.name, call.graph.list(axes)], [keeping])
        }
        return try call.make(type, [value], [.ints("axes", axes), keeping])
    }

    private static func reduced(
        _ call: OperatorCall, _ type: String, widens: ElementType? = nil
    ) throws(TorchError) -> [ProgramValue] {
        let value = try operand(call, widens: widens)
        let axes = try call.axes("dim", rank: value.rank)
        return [.tensor(try reduce(value, type, axes, keep: try call.bool("keepdim"), call))]
    }

    private static func sum(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        try reduced(call, "ReduceSum", widens: .int64)
    }

    private static func logical(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        let value = try call.cast(try call.cast(try call.tensor(), .bool), .int32)
        let axes = try call.axes("dim", rank: value.rank)
        return [.tensor(try call.cast(try reduce(value, type, axes, keep: try call.bool("keepdim"), call), .bool))]
    }

    /// Of all elements; along an axis, with the places; or of two tensors.
    private static func extreme(
        _ call: OperatorCall, _ type: String, _ placeType: String, _ binary: String
    ) throws(TorchError) -> [ProgramValue] {
        if call.has("other") { return try ArithmeticOperators.binary(call, binary) }
        let value = try call.tensor()
        guard call.has("dim") else {
            return [.tensor(try reduce(value, type, Array(0..<value.rank), keep: false, call))]
        }
        let axis = try call.axis("dim", rank: value.rank)
        let keep = try call.bool("keepdim")
        let places = try call.make(placeType, [value], [.int("axis", axis), .int("keepdims", keep ? 1 : 0)])
        return [.tensor(try reduce(value, type, [axis], keep: keep, call)), .tensor(places)]
    }

    private static func place(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        if value.type == .bool { value = try call.cast(value, .int32) }
        let keep = try call.bool("keepdim")
        guard call.has("dim") else {
            let flat = try call.make("Reshape", names: [value.name, call.graph.list([-1])])
            return [.tensor(try call.make(type, [flat], [.int("axis", 0), .int("keepdims", keep ? 1 : 0)]))]
        }
        let axis = try call.axis("dim", rank: value.rank)
        return [.tensor(try call.make(type, [value], [.int("axis", axis), .int("keepdims", keep ? 1 : 0)]))]
    }

    private static func variance(_ call: OperatorCall, root: Bool) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axes = try call.axes("dim", rank: value.rank)
        var correction = try call.number("correction", default: 1)
        if call.has("unbiased") { correction = try call.bool("unbiased") ? 1 : 0 }
        let mean = try call.make("ReduceMean", [value], [.ints("axes", axes), .int("keepdims", 1)])
        let difference = try call.make("Sub", [value, mean])
        var result = try reduce(
            try call.make("Mul", [difference, difference]), "ReduceMean", axes, keep: try call.bool("keepdim"), call)
        if correction != 0 {
            var count = 1.0
            for axis in axes {
                guard let size = value.sizes[axis].size else {
                    throw call.refusal("corrects for a number of elements that is not known")
                }
                count *= Double(size)
            }
            guard count > correction else { throw call.refusal("has no variance of \(count) elements") }
            result = try call.make("Mul", [result, try call.graph.scalar(count / (count - correction), value.type)])
        }
        return [.tensor(root ? try call.make("Sqrt", [result]) : result)]
    }

    private static func norm(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try operand(call)
        let order = try call.number(call.name == "norm" ? "p" : "ord", default: 2)
        guard order == 1 || order == 2 else { throw call.refusal("is a norm of order \(order)") }
        let axes = try call.axes("dim", rank: value.rank)
        return [
            .tensor(try reduce(value, order == 1 ? "ReduceL1" : "ReduceL2", axes, keep: try call.bool("keepdim"), call))
        ]
    }

    private static func cumulative(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try operand(call, widens: .int64)
        let axis = try call.axis("dim", rank: value.rank)
        return [.tensor(try call.make("CumSum", names: [value.name, call.graph.list([axis])]))]
    }

    private static func topK(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: -1)
        let made = try call.makeSeveral(
            "TopK", names: [value.name, call.graph.list([try call.int("k")])], count: 2,
            [
                .int("axis", axis), .int("largest", try call.bool("largest", default: true) ? 1 : 0),
                .int("sorted", try call.bool("sorted", default: true) ? 1 : 0),
            ])
        return made.map { .tensor($0) }
    }
}
