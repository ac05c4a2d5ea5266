import ModelGraph
import Tensors

/// Layers that move numbers about and change none.
enum ShapeLayers {
    /// What changes nothing when a model answers.
    static func nothing(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        { call throws(KerasError) in [try call.input()] }
    }

    static func flatten(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        { call throws(KerasError) in
            let value = call.graph.plain(try call.input())
            let count = KerasValue.product(value.sizes.dropFirst())
            var result = value
            result.name = call.graph.reshaped(value.name, [0, count ?? -1], call.stem("flat"))
            result.sizes = [value.sizes[0], count]
            return [result]
        }
    }

    static func reshape(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let target = try layer.integers("target_shape", count: nil, from: -1)
        return { call throws(KerasError) in
            let value = call.graph.plain(try call.input())
            guard target.count(where: { $0 == -1 }) <= 1, target.count < 8 else {
                throw layer.refusal("has the target shape \(target)")
            }
            let known = KerasValue.product(target.filter { $0 != -1 }.map(Optional.init))
            let all = KerasValue.product(value.sizes.dropFirst())
            guard let known, known > 0, all.map({ target.contains(-1) ? $0 % known == 0 : $0 == known }) ?? true else {
                throw layer.refusal("makes \(target) of \(value.sizes.dropFirst().map { $0 ?? -1 })")
            }
            var result = value
            result.name = call.graph.reshaped(value.name, [0] + target, call.stem("reshaped"))
            result.sizes = [value.sizes[0]] + target.map { $0 == -1 ? all.map { $0 / known } : $0 }
            return [result]
        }
    }

    static func permute(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let order = try layer.integers("dims", count: nil)
        return { call throws(KerasError) in
            let value = call.graph.plain(try call.input())
            guard order.sorted() == Array(1..<value.rank) else {
                throw layer.refusal("orders \(value.rank - 1) axes as \(order)")
            }
            var result = value
            result.name = call.graph.transposed(value.name, [0] + order, call.stem("permuted"))
            result.sizes = ([0] + order).map { value.sizes[$0] }
            return [result]
        }
    }

    static func repetition(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let count = try layer.size("n")
        return { call throws(KerasError) in
            let value = try call.input(rank: 2...2)
            let raised = call.graph.node("Unsqueeze", [value.name, call.graph.list([1])], call.stem("raised"))
            let name = call.graph.node("Expand", [raised, call.graph.list([1, count, 1])], call.stem("repeated"))
            return [KerasValue(name: name, type: value.type, sizes: [value.sizes[0], count, value.sizes[1]])]
        }
    }

    // MARK: - Edges

    /// How much at both ends of each axis: one number, one for each axis, or two.
    private static func edges(_ layer: LayerConfig, _ key: String, rank: Int) throws(KerasError) -> [(Int, Int)] {
        let format = layer.optional("data_format")?.stringValue ?? "channels_last"
        guard format == "channels_last" else {
            throw layer.refusal("has the channels first (data_format), which is not carried")
        }
        let items = layer.optional(key)?.arrayValue ?? []
        if rank == 1, items.count == 2, items.allSatisfy({ $0.intValue != nil }) {
            let both = try layer.integers(key, count: 2, from: 0)
            return [(both[0], both[1])]
        }
        guard items.contains(where: { $0.arrayValue != nil }) else {
            return try layer.integers(key, count: rank, from: 0).map { ($0, $0) }
        }
        guard items.count == rank else { throw layer.refusal("has a '\(key)' for \(items.count) axes") }
        var edges: [(Int, Int)] = []
        for item in items {
            guard let pair = item.arrayValue, pair.count == 2 else {
                throw layer.refusal("has a '\(key)' that is no pair")
            }
            edges.append((try layer.checked(pair[0], key, from: 0), try layer.checked(pair[1], key, from: 0)))
        }
        return edges
    }

    static func padding(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let edges = try edges(layer, "padding", rank: rank)
        return { call throws(KerasError) in
            let value = call.single(try call.input(rank: (rank + 2)...(rank + 2)))
            var (before, behind) = ([Int](repeating: 0, count: value.rank), [Int](repeating: 0, count: value.rank))
            var result = value
            for (place, edge) in edges.enumerated() {
                let axis = value.graphAxis(place + 1)
                (before[axis], behind[axis]) = edge
                result.sizes[place + 1] = value.sizes[place + 1].map { $0 + edge.0 + edge.1 }
            }
            result.name = call.graph.node("Pad", [value.name, call.graph.list(before + behind)], call.stem("padded"))
            return [result]
        }
    }

    static func cropping(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let edges = try edges(layer, "cropping", rank: rank)
        return { call throws(KerasError) in
            let value = try call.input(rank: (rank + 2)...(rank + 2))
            var result = value
            var (starts, ends, axes): ([Int], [Int], [Int]) = ([], [], [])
            for (place, edge) in edges.enumerated() {
                starts.append(edge.0)
                ends.append(edge.1 == 0 ? Int.max : -edge.1)
                axes.append(value.graphAxis(place + 1))
                guard let size = value.sizes[place + 1] else { continue }
                guard size > edge.0 + edge.1 else { throw layer.refusal("cuts off all of \(size) places") }
                result.sizes[place + 1] = size - edge.0 - edge.1
            }
            result.name = call.graph.node(
                "Slice", [value.name, call.graph.list(starts), call.graph.list(ends), call.graph.list(axes)],
                call.stem("cropped"))
            return [result]
        }
    }

    // MARK: - Larger

    static func enlargement(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let factors = try layer.integers("size", count: rank)
        let way = try layer.text("interpolation", "nearest")
        let format = layer.optional("data_format")?.stringValue ?? "channels_last"
        guard format == "channels_last", factors.allSatisfy({ $0 <= 1024 }) else {
            throw layer.refusal("makes \(factors) places of one, with the channels \(LayerName.inert(format))")
        }
        guard way == "nearest" || way == "bilinear" && rank == 2 else {
            throw layer.refusal("has the interpolation '\(LayerName.inert(way))'; nearest and bilinear are carried")
        }
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            let scales = call.constant([1, 1] + factors.map(Float.init), [rank + 2], "scales")
            let isNearest = way == "nearest"
            var attributes = [
                Attribute("mode", .text(isNearest ? "nearest" : "linear")),
                Attribute("coordinate_transformation_mode", .text(isNearest ? "asymmetric" : "half_pixel")),
            ]
            if isNearest { attributes.append(Attribute("nearest_mode", .text("floor"))) }
            var result = value
            result.name = call.graph.node("Resize", [value.name, "", scales], call.stem("enlarged"), attributes)
            for (place, factor) in factors.enumerated() {
                result.sizes[place + 1] = value.sizes[place + 1].map { $0 * factor }
            }
            return [result]
        }
    }
}
