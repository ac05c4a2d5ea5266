import ModelGraph
import Tensors

/// Layers of a matrix: dense ones and embeddings.
enum DenseLayers {
    static func dense(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let units = try layer.size("units")
        let hasBias = layer.flag("use_bias", true)
        let activation = try Activation(layer)
        guard layer.optional("lora_rank") == nil else {
            throw layer.refusal("has low-rank additions, which are not carried")
        }
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 2...8)))
            let kernel = try call.weight([value.channels, units], "kernel")
            let bias = hasBias ? try call.weight([units], "bias") : nil
            let matrix = call.constant(kernel.values, kernel.dimensions, "kernel")
            let shift = bias.map { call.constant($0.values, $0.dimensions, "bias") }
            var result = value
            result.sizes[value.rank - 1] = units
            if value.rank == 2 {
                result.name = call.graph.node(
                    "Gemm", [value.name, matrix] + (shift.map { [$0] } ?? []), call.stem("dense"))
            } else {
                result.name = call.graph.node("MatMul", [value.name, matrix], call.stem("product"))
                if let shift { result = call.graph.unary("Add", result, call.stem("dense"), with: [shift]) }
            }
            return [try activation.apply(call, result)]
        }
    }

    static func embedding(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let (words, width) = (try layer.size("input_dim"), try layer.size("output_dim"))
        try layer.expect("mask_zero", isOff: "masks what follows (mask_zero)")
        guard layer.optional("lora_rank") == nil else {
            throw layer.refusal("has low-rank additions, which are not carried")
        }
        return { call throws(KerasError) in
            let value = call.graph.plain(try call.input())
            let table = try call.weight([words, width], "embeddings")
            let places = call.graph.cast(value, to: .int32, call.stem("places"))
            let matrix = call.constant(table.values, table.dimensions, "embeddings")
            let name = call.graph.node(
                "Gather", [matrix, places.name], call.stem("embedding"), [Attribute("axis", .int(0))])
            return [KerasValue(name: name, type: .float32, sizes: value.sizes + [width])]
        }
    }
}
