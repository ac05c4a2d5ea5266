import ModelGraph
import Tensors

/// Layers that make one value of several.
enum MergingLayers {
    /// Number by number, with sizes of 1 repeated.
    static func elements(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let operators = [
            "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "Average": "Add", "Maximum": "Max", "Minimum": "Min",
        ]
        guard let operatorType = operators[layer.className] else { throw layer.refusal("is not known") }
        let (isMean, isDifference) = (layer.className == "Average", layer.className == "Subtract")
        return { call throws(KerasError) in
            let values = try inputs(call)
            guard !isDifference || values.count == 2 else {
                throw layer.refusal("is given \(values.count) values; expected two")
            }
            var result = values[0]
            for value in values.dropFirst() {
                result.sizes = try broadcast(result.sizes, value.sizes, layer)
                result.name = call.graph.node(operatorType, [result.name, value.name], call.stem("merged"))
            }
            guard isMean else { return [result] }
            return [
                call.graph.unary("Mul", result, call.stem("mean"), with: [call.graph.scalar(1 / Double(values.count))])
            ]
        }
    }

    /// At least two values of single precision and one rank, in one layout.
    ///
    /// - Parameter keepsType: whether values that are all of another type stay as they are.
    private static func inputs(_ call: LayerCall, keepsType: Bool = false) throws(KerasError) -> [KerasValue] {
        guard call.named.isEmpty, call.inputs.count > 1 else {
            throw call.layer.refusal("is given \(call.inputs.count) values; expected several")
        }
        let isKept = keepsType && Set(call.inputs.map(\.type)).count == 1
        let values = isKept ? call.inputs : call.inputs.map(call.single)
        guard Set(values.map(\.rank)).count == 1 else {
            throw call.layer.refusal("is given values of \(values.map(\.rank)) dimensions; expected one rank")
        }
        let turns = values.contains(where: \.isChannelsFirst)
        return values.map { turns ? call.graph.channelsFirst($0) : $0 }
    }

    private static func broadcast(
        _ left: [Int?], _ right: [Int?], _ layer: LayerConfig
    ) throws(KerasError) -> [Int?] {
        var sizes: [Int?] = []
        for (one, other) in zip(left, right) {
            switch (one, other) {
            case (1?, _): sizes.append(other)
            case (_, 1?): sizes.append(one)
            case (nil, _), (_, nil): sizes.append(one ?? other)
            case (let one?, let other?):
                guard one == other else { throw layer.refusal("is given sizes \(one) and \(other) along one axis") }
                sizes.append(one)
            }
        }
        return sizes
    }

    static func concatenation(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let given = try layer.integer("axis", -1)
        return { call throws(KerasError) in
            let values = try inputs(call, keepsType: true)
            var result = values[0]
            guard let axis = result.axis(given), axis > 0 else { throw layer.refusal("has no axis \(given)") }
            for value in values.dropFirst() {
                for place in result.sizes.indices where place != axis {
                    if let one = result.sizes[place], let other = value.sizes[place], one != other {
                        throw layer.refusal("is given sizes \(one) and \(other) along the axis \(place)")
                    }
                    result.sizes[place] = result.sizes[place] ?? value.sizes[place]
                }
                if let one = result.sizes[axis], let other = value.sizes[axis] {
                    result.sizes[axis] = one + other
                } else {
                    result.sizes[axis] = nil
                }
            }
            result.name = call.graph.node(
                "Concat", values.map(\.name), call.stem("joined"),
                [Attribute("axis", .int(Int64(result.graphAxis(axis))))])
            return [result]
        }
    }

    /// Sums of products along one axis of each.
    static func dot(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let given = try layer.integers("axes", count: 2, from: -8)
        let normalises = layer.flag("normalize")
        return { call throws(KerasError) in
            guard call.named.isEmpty, call.inputs.count == 2 else {
                throw layer.refusal("is given \(call.inputs.count) values; expected two")
            }
            var values = call.inputs.map { call.graph.plain(call.single($0)) }
            var axes: [Int] = []
            for (value, place) in zip(values, given) {
                guard (2...3).contains(value.rank), let axis = value.axis(place), axis > 0 else {
                    throw layer.refusal("has no axis \(place) of \(value.rank) dimensions; 2 and 3 are carried")
                }
                axes.append(axis)
            }
            if normalises {
                values = zip(values, axes).map { NormalisationLayers.unitLength(call, $0, [$1]) }
            }
            // The left one's axis last, the right one's behind the batch: then it is a product of matrices.
            let left = raised(call, values[0], axes[0], last: true)
            let right = raised(call, values[1], axes[1], last: false)
            let product = call.graph.node("MatMul", [left, right], call.stem("product"))
            var gone: [Int] = []
            if values[0].rank == 2 { gone.append(1) }
            if values[1].rank == 2 { gone.append(2) }
            var sizes = [values[0].sizes[0]]
            for (value, axis) in zip(values, axes) where value.rank == 3 { sizes.append(value.sizes[3 - axis]) }
            if gone.count == 2 {
                gone = [2]
                sizes.append(1)
            }
            let name =
                gone.isEmpty ? product : call.graph.node("Squeeze", [product, call.graph.list(gone)], call.stem("dot"))
            return [KerasValue(name: name, type: .float32, sizes: sizes)]
        }
    }

    private static func raised(_ call: LayerCall, _ value: KerasValue, _ axis: Int, last: Bool) -> String {
        guard value.rank == 3 else {
            return call.graph.node("Unsqueeze", [value.name, call.graph.list([last ? 1 : 2])], call.stem("raised"))
        }
        guard axis != (last ? 2 : 1) else { return value.name }
        return call.graph.transposed(value.name, [0, 2, 1], call.stem("turned"))
    }
}
