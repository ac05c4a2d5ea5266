import ModelGraph
import Tensors

/// Other shapes for the same elements.
enum ShapeOperators {
    static let table: [String: OperatorRule] = [
        "view": { try reshape($0, "size") }, "reshape": { try reshape($0, "shape") },
        "_unsafe_view": { try reshape($0, "size") },
        "view_as": like, "reshape_as": like,
        "flatten": flatten, "unflatten": unflatten, "permute": permute,
        "transpose": { try exchange($0, "dim0", "dim1") }, "swapaxes": { try exchange($0, "axis0", "axis1") },
        "swapdims": { try exchange($0, "dim0", "dim1") },
        "t": reversed, "numpy_T": reversed, "mT": lastTwo, "movedim": movedim,
        "expand": expand, "expand_as": expandAs, "broadcast_to": expand,
        "squeeze": squeeze, "unsqueeze": unsqueeze, "repeat": { try tile($0, "repeats") },
        "tile": { try tile($0, "dims") },
        "pixel_shuffle": pixelShuffle, "pixel_unshuffle": pixelUnshuffle,
        "sym_size": size, "size": size, "sym_numel": count, "numel": count,
    ]

    static func reshaped(
        _ value: ProgramTensor, _ sizes: [ProgramValue], _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        // One size that is not known now need not be worked out at run time.
        let unknown = sizes.indices.filter { sizes[$0].int == nil || sizes[$0].int == -1 }
        let shape: String
        if unknown.count == 1, !sizes.contains(where: { $0.int == 0 }) {
            shape = call.graph.list(sizes.map { $0.int ?? -1 })
        } else {
            shape = try call.graph.shape(sizes)
        }
        let isZero = sizes.contains { $0.int == 0 }
        let made = try call.make("Reshape", names: [value.name, shape], isZero ? [.int("allowzero", 1)] : [])
        guard made.rank == sizes.count else { throw call.refusal("gives a shape of unknown rank") }
        call.graph.refine(made, sizes: ProgramGraph.dimensions(sizes))
        return made
    }

    private static func reshape(_ call: OperatorCall, _ name: String) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        return [.tensor(try reshaped(value, try call.sizes(name), call))]
    }

    private static func like(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let other = try call.tensor("other")
        return [.tensor(try reshaped(try call.tensor(), try call.graph.sizes(of: other), call))]
    }

    private static func flatten(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        if value.rank == 0 { return [.tensor(try call.make("Reshape", names: [value.name, call.graph.list([1])]))] }
        let first = try call.axis("start_dim", rank: value.rank, default: 0)
        let last = try call.axis("end_dim", rank: value.rank, default: -1)
        guard first <= last else { throw call.refusal("flattens the axes \(first) to \(last)") }
        if first == last { return [.tensor(value)] }
        var sizes: [ProgramValue] = []
        for axis in 0..<first { sizes.append(try call.graph.size(value, axis: axis)) }
        let merged = ProgramTensor("", value.type, Array(value.sizes[first...last])).elementCount
        sizes.append(.int(merged ?? -1))
        for axis in (last + 1)..<max(value.rank, last + 1) { sizes.append(try call.graph.size(value, axis: axis)) }
        return [.tensor(try reshaped(value, sizes, call))]
    }

    private static func unflatten(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank)
        var sizes = try call.graph.sizes(of: value)
        guard axis < sizes.count else { throw call.refusal("has no axis \(axis)") }
        sizes.replaceSubrange(axis...axis, with: try call.sizes("sizes"))
        return [.tensor(try reshaped(value, sizes, call))]
    }

    static func transposed(
        _ value: ProgramTensor, _ order: [Int], _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        if order == [1, 0] { return try MatrixOperators.transposed(value, call) }
        return try call.make("Transpose", [value], [.ints("perm", order)])
    }

    private static func permute(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        var order: [Int] = []
        for number in try call.ints("dims") ?? [] { order.append(try call.axis(number, rank: value.rank)) }
        guard order.sorted() == Array(0..<value.rank) else { throw call.refusal("orders the axes as \(order)") }
        return [.tensor(try transposed(value, order, call))]
    }

    private static func exchange(
        _ call: OperatorCall, _ first: String, _ second: String
    ) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        guard value.rank > 0 else { return [.tensor(value)] }
        var order = Array(0..<value.rank)
        order.swapAt(try call.axis(first, rank: value.rank), try call.axis(second, rank: value.rank))
        return [.tensor(try transposed(value, order, call))]
    }

    private static func reversed(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        guard value.rank >= 2 else { return [.tensor(value)] }
        return [.tensor(try transposed(value, Array((0..<value.rank).reversed()), call))]
    }

    private static func lastTwo(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        guard value.rank >= 2 else { throw call.refusal("is given rank \(value.rank)") }
        var order = Array(0..<value.rank)
        order.swapAt(value.rank - 1, value.rank - 2)
        return [.tensor(try transposed(value, order, call))]
    }

    private static func movedim(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let (sources, targets) = (try call.ints("source") ?? [], try call.ints("destination") ?? [])
        guard sources.count == targets.count else { throw call.refusal("moves \(sources) to \(targets)") }
        var from: [Int] = []
        var to: [Int] = []
        for number in sources { from.append(try call.axis(number, rank: value.rank)) }
        for number in targets { to.append(try call.axis(number, rank: value.rank)) }
        guard Set(from).count == from.count, Set(to).count == to.count else {
            throw call.refusal("names an axis twice")
        }
        var rest = (0..<value.rank).filter { !from.contains($0) }
        var order: [Int] = []
        for axis in 0..<value.rank {
            if let place = to.firstIndex(of: axis) {
                order.append(from[place])
            } else {
                order.append(rest.removeFirst())
            }
        }
        return [.tensor(try transposed(value, order, call))]
    }

    private static func expanded(
        _ value: ProgramTensor, _ sizes: [ProgramValue], _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        guard sizes.count >= value.rank else { throw call.refusal("expands to fewer axes") }
        // -1 leaves an axis as it is, which for ONNX is 1.
        let shape = sizes.map { $0.int == -1 ? ProgramValue.int(1) : $0 }
        let made = try call.make("Expand", names: [value.name, try call.graph.shape(shape)])
        let added = sizes.count - value.rank
        var stated = ProgramGraph.dimensions(shape)
        for axis in value.sizes.indices where sizes[axis + added].int == -1 { stated[axis + added] = value.sizes[axis] }
        call.graph.refine(made, sizes: stated)
        return made
    }

    private static func expand(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("implicit")
        return [.tensor(try expanded(try call.tensor(), try call.sizes("size"), call))]
    }

    private static func expandAs(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let other = try call.tensor("other")
        return [.tensor(try expanded(try call.tensor(), try call.graph.sizes(of: other), call))]
    }

    private static func squeeze(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let named = try call.ints("dim")
        guard value.rank > 0 else { return [.tensor(value)] }
        var axes: [Int] = []
        for axis in named == nil ? Array(0..<value.rank) : try call.axes("dim", rank: value.rank) {
            // Only axes of size 1 go; whether one of unknown size does is not known.
            if let size = value.sizes[axis].size { if size == 1 { axes.append(axis) } }
        }
        if axes.isEmpty { return [.tensor(value)] }
        return [.tensor(try call.make("Squeeze", names: [value.name, call.graph.list(axes)]))]
    }

    private static func unsqueeze(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank + 1)
        return [.tensor(try call.make("Unsqueeze", names: [value.name, call.graph.list([axis])]))]
    }

    private static func tile(_ call: OperatorCall, _ name: String) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        var counts = try call.sizes(name)
        if counts.count > value.rank {
            let added = Array(0..<(counts.count - value.rank))
            value = try call.make("Unsqueeze", names: [value.name, call.graph.list(added)])
        }
        while counts.count < value.rank { counts.insert(.int(1), at: 0) }
        return [.tensor(try call.make("Tile", names: [value.name, try call.graph.shape(counts)]))]
    }

    private static func pixelShuffle(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let factor = try call.int("upscale_factor")
        guard value.rank == 4, factor > 0 else { throw call.refusal("is given rank \(value.rank)") }
        return [
            .tensor(try call.make("DepthToSpace", [value], [.int("blocksize", factor), .text("mode", "CRD")]))
        ]
    }

    private static func pixelUnshuffle(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let factor = try call.int("downscale_factor")
        guard value.rank == 4, (1...1024).contains(factor), let channels = value.sizes[1].size,
            let height = value.sizes[2].size,
            let width = value.sizes[3].size, height % factor == 0, width % factor == 0
        else { throw call.refusal("divides sizes that are not known, or not divisible by \(factor)") }
        let graph = call.graph
        let parts = try call.make(
            "Reshape",
            names: [value.name, graph.list([-1, channels, height / factor, factor, width / factor, factor])])
        let turned = try call.make("Transpose", [parts], [.ints("perm", [0, 1, 3, 5, 2, 4])])
        let made = try call.make(
            "Reshape",
            names: [turned.name, graph.list([-1, channels * factor * factor, height / factor, width / factor])])
        graph.refine(made, sizes: [value.sizes[0]] + made.sizes.dropFirst())
        return [.tensor(made)]
    }

    /// One size, or all of them.
    private static func size(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        guard call.has("dim") else { return [.list(try call.graph.sizes(of: value))] }
        let axis = try call.axis("dim", rank: value.rank)
        guard axis < value.rank else { throw call.refusal("has no axis \(axis)") }
        return [try call.graph.size(value, axis: axis)]
    }

    private static func count(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        if let count = value.elementCount { return [.int(count)] }
        let made = try call.make("Size", [value])
        return [.size(try call.graph.runTimeSize(made))]
    }
}
