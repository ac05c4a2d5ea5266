import ModelGraph
import Tensors

/// Attention.
enum AttentionOperators {
    static let table: [String: OperatorRule] = [
        "scaled_dot_product_attention": attention, "_scaled_dot_product_flash_attention_for_cpu": attention,
        "_scaled_dot_product_efficient_attention": attention, "_scaled_dot_product_attention_math": attention,
    ]

    private static func attention(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("compute_log_sumexp")
        guard try call.number("dropout_p", default: 0) == 0 else {
            throw call.refusal("drops values: call model.eval() before it is exported")
        }
        guard try !call.bool("enable_gqa") else { throw call.refusal("shares keys between heads (enable_gqa)") }
        let (query, key, value) = (try call.tensor("query"), try call.tensor("key"), try call.tensor("value"))
        let rank = query.rank
        guard rank >= 2, key.rank == rank, value.rank == rank, let width = query.sizes[rank - 1].size, width > 0 else {
            throw call.refusal("is given tensors of ranks \(rank), \(key.rank) and \(value.rank)")
        }
        let scale = try call.number("scale", default: 1 / Double(width).squareRoot())
        var order = Array(0..<rank)
        order.swapAt(rank - 1, rank - 2)
        let turned = try call.make("Transpose", [key], [.ints("perm", order)])
        let scaled = try call.make("Mul", [query, try call.graph.scalar(scale, query.type)])
        var scores = try call.make("MatMul", [scaled, turned])
        if let mask = try mask(call, query, key) {
            if mask.type == .bool {
                // So low that nothing is left of it, and yet a number: a row without any key must not become NaN.
                let low = try call.graph.scalar(Double(-Float.greatestFiniteMagnitude), query.type)
                scores = try call.make("Where", [mask, scores, low])
            } else {
                scores = try call.make("Add", [scores, mask])
            }
        }
        let weights = try call.make("Softmax", [scores], [.int("axis", rank - 1)])
        let result = try call.make("MatMul", [weights, value])
        return [.tensor(result)]
            + Array(
                repeating: .opaque("a result of attention for training"), count: min(8, max(0, call.outputCount - 1)))
    }

    /// The given mask, or the one under which nothing sees what comes after it.
    private static func mask(
        _ call: OperatorCall, _ query: ProgramTensor, _ key: ProgramTensor
    ) throws(TorchError) -> ProgramTensor? {
        let given = try call.optionalTensor(call.has("attn_bias") ? "attn_bias" : "attn_mask")
        guard try call.bool("is_causal") else { return given }
        guard given == nil else { throw call.refusal("has a mask and is causal") }
        let sizes = [
            try call.graph.size(query, axis: query.rank - 2), try call.graph.size(key, axis: key.rank - 2),
        ]
        let ones = try call.make(
            "Expand", names: [try call.graph.scalar(1, .int64).name, try call.graph.shape(sizes)])
        call.graph.refine(ones, sizes: ProgramGraph.dimensions(sizes))
        return try call.cast(try call.make("Trilu", [ones], [.int("upper", 0)]), .bool)
    }
}
