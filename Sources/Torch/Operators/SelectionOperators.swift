import ModelGraph
import Tensors

/// Elements chosen by index or by condition.
enum SelectionOperators {
    static let table: [String: OperatorRule] = [
        "embedding": embedding, "index_select": indexSelect, "gather": gather, "index": index, "where": choose,
        "masked_fill": fill, "triu": { try triangle($0, upper: 1) }, "tril": { try triangle($0, upper: 0) },
        "repeat_interleave": repeated,
    ]

    private static func embedding(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("padding_idx", "scale_grad_by_freq", "sparse")
        let indices = try call.tensor("indices")
        return [.tensor(try call.make("Gather", [try call.tensor("weight"), indices], [.int("axis", 0)]))]
    }

    private static func indexSelect(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank)
        return [.tensor(try call.make("Gather", [value, try call.tensor("index")], [.int("axis", axis)]))]
    }

    private static func gather(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("sparse_grad")
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank)
        return [.tensor(try call.make("GatherElements", [value, try call.tensor("index")], [.int("axis", axis)]))]
    }

    /// `x[index]`, along one axis.
    private static func index(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        guard case .list(let items)? = call.value("indices") else { throw call.refusal("has no indices") }
        let given = items.indices.filter { !items[$0].isNone }
        guard given.count == 1, let place = given.first, let indices = items[place].tensor, place < value.rank else {
            throw call.refusal("chooses along \(given.count) axes at once")
        }
        guard indices.type.category == .integer else { throw call.refusal("chooses by truth values") }
        return [.tensor(try call.make("Gather", [value, indices], [.int("axis", place)]))]
    }

    private static func choose(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let condition = try call.cast(try call.tensor("condition"), .bool)
        let (one, other) = try ArithmeticOperators.operands(call, "self", "other")
        return [.tensor(try call.make("Where", [condition, one, other]))]
    }

    private static func fill(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let mask = try call.cast(try call.tensor("mask"), .bool)
        let filling: ProgramTensor
        if let tensor = call.value("value")?.tensor {
            filling = try call.cast(tensor, value.type)
        } else {
            filling = try call.graph.scalar(try call.number("value"), value.type)
        }
        return [.tensor(try call.make("Where", [mask, filling, value]))]
    }

    private static func triangle(_ call: OperatorCall, upper: Int) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let diagonal = try call.graph.scalar(Double(try call.int("diagonal", default: 0)), .int64)
        return [.tensor(try call.make("Trilu", [value, diagonal], [.int("upper", upper)]))]
    }

    /// Each element several times, one after another.
    private static func repeated(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("output_size")
        let value = try call.tensor()
        let count = try call.int("repeats")
        guard call.has("dim"), count > 0 else { throw call.refusal("does not say along which axis") }
        let axis = try call.axis("dim", rank: value.rank)
        guard axis < value.rank else { throw call.refusal("has no axis \(axis)") }
        let wide = try call.make("Unsqueeze", names: [value.name, call.graph.list([axis + 1])])
        var counts = [Int](repeating: 1, count: value.rank + 1)
        counts[axis + 1] = count
        let tiled = try call.make("Tile", names: [wide.name, call.graph.list(counts)])
        var sizes = try call.graph.sizes(of: value)
        guard let product = try call.graph.arithmetic("mul", sizes[axis], .int(count)) else {
            throw call.refusal("gives a size that is not known")
        }
        sizes[axis] = product
        return [.tensor(try ShapeOperators.reshaped(tiled, sizes, call))]
    }
}
