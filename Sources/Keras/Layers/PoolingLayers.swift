import ModelGraph
import Tensors

/// Largest and mean values of windows, or of all places.
enum PoolingLayers {
    static func windows(_ layer: LayerConfig, rank: Int, largest: Bool) throws(KerasError) -> LayerOperation {
        let window = try Window(layer, rank: rank, size: "pool_size")
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            let sizes = Array(value.sizes[1..<(value.rank - 1)])
            var result = value
            result.sizes = [value.sizes[0]] + window.results(sizes) + [value.channels]
            // Places that were added count neither as largest nor in the mean, which is ONNX's own standard.
            result.name = call.graph.node(
                largest ? "MaxPool" : "AveragePool", [value.name], call.stem("pooled"),
                window.attributes(sizes, dilated: false))
            return [result]
        }
    }

    static func global(_ layer: LayerConfig, rank: Int, largest: Bool) throws(KerasError) -> LayerOperation {
        let keeps = layer.flag("keepdims")
        let format = layer.optional("data_format")?.stringValue ?? "channels_last"
        guard format == "channels_last" else {
            throw layer.refusal("has the channels first (data_format), which is not carried")
        }
        return { call throws(KerasError) in
            let value = call.single(try call.input(rank: (rank + 2)...(rank + 2)))
            let axes = (1...rank).map { Int64(value.graphAxis($0)) }
            var result = value
            result.name = call.graph.node(
                largest ? "ReduceMax" : "ReduceMean", [value.name], call.stem("pooled"),
                [Attribute("axes", .ints(axes)), Attribute("keepdims", .int(keeps ? 1 : 0))])
            result.sizes = [value.sizes[0]] + (keeps ? [Int?](repeating: 1, count: rank) : []) + [value.channels]
            result.isChannelsFirst = keeps && value.isChannelsFirst
            return [result]
        }
    }
}
