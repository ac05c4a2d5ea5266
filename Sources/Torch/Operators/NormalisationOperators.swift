import ModelGraph
import Tensors

/// Normalisations, as they are when a model answers.
enum NormalisationOperators {
    static let table: [String: OperatorRule] = [
        "batch_norm": batch, "_native_batch_norm_legit_no_training": batch, "instance_norm": instance,
        "native_batch_norm": batch,
        "layer_norm": layer, "native_layer_norm": layer,
        "group_norm": { try group($0, groups: try $0.int("num_groups")) },
        "native_group_norm": { call in
            call.ignore("N", "C", "HxW")
            return try group(call, groups: try call.int("group"))
        },
        "rms_norm": rootMeanSquare, "_fused_rms_norm": rootMeanSquare,
    ]

    /// What comes after the first result is for training.
    private static func answers(_ tensor: ProgramTensor, _ call: OperatorCall) -> [ProgramValue] {
        [.tensor(tensor)]
            + Array(repeating: .opaque("a statistic of \(call.name)"), count: min(max(0, call.outputCount - 1), 2))
    }

    /// The layer's own numbers, or those that leave values as they are.
    private static func affine(
        _ name: String, _ value: Float, _ input: ProgramTensor, _ size: Int, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        if let own = try call.optionalTensor(name) { return own }
        return try constants(input, value, size, call)
    }

    private static func constants(
        _ input: ProgramTensor, _ value: Float, _ size: Int, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        guard size <= 1 << 20, input.type == .float32 else {
            throw call.refusal("has \(size) channels of \(input.type)")
        }
        return call.graph.floats(
            [Float](repeating: value, count: size), [size], "\(call.name)/\(value == 0 ? "zeros" : "ones")")
    }

    private static func channels(_ input: ProgramTensor, _ call: OperatorCall) throws(TorchError) -> Int {
        guard input.rank >= 2, let channels = input.sizes[1].size, channels > 0 else {
            throw call.refusal("is given values whose number of channels is not known")
        }
        return channels
    }

    private static func batch(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("momentum", "cudnn_enabled")
        let input = try call.tensor("input")
        guard try !call.bool("training") else {
            throw call.refusal("is in training: call model.eval() before it is exported")
        }
        guard let mean = try call.optionalTensor("running_mean"), let variance = try call.optionalTensor("running_var")
        else { throw call.refusal("keeps no statistics, so that an answer would depend on the batch it is in") }
        let size = try channels(input, call)
        let scale = try affine("weight", 1, input, size, call)
        let shift = try affine("bias", 0, input, size, call)
        let epsilon = try call.number("eps", default: 1e-5)
        return answers(
            try call.make("BatchNormalization", [input, scale, shift, mean, variance], [.float("epsilon", epsilon)]),
            call)
    }

    private static func instance(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        guard try call.bool("use_input_stats", default: true) else { return try batch(call) }
        call.ignore("momentum", "cudnn_enabled", "running_mean", "running_var")
        let input = try call.tensor("input")
        let size = try channels(input, call)
        let scale = try affine("weight", 1, input, size, call)
        let shift = try affine("bias", 0, input, size, call)
        let epsilon = try call.number("eps", default: 1e-5)
        return [.tensor(try call.make("InstanceNormalization", [input, scale, shift], [.float("epsilon", epsilon)]))]
    }

    private static func layer(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("cudnn_enable")
        let input = try call.tensor("input")
        guard let shape = try call.ints("normalized_shape"), shape.count <= input.rank, shape.allSatisfy({ $0 > 0 })
        else { throw call.refusal("normalises over axes that are not there") }
        let scale: ProgramTensor
        if let weight = try call.optionalTensor("weight") {
            scale = weight
        } else {
            var count = 1
            for size in shape {
                let (next, overflow) = count.multipliedReportingOverflow(by: size)
                guard !overflow, next <= 1 << 20 else { throw call.refusal("has too many elements without weights") }
                count = next
            }
            scale = call.graph.floats([Float](repeating: 1, count: count), shape, "layer_norm/ones")
        }
        let shift = try call.optionalTensor("bias")
        let epsilon = try call.number("eps", default: 1e-5)
        let made = try call.make(
            "LayerNormalization", [input, scale] + (shift.map { [$0] } ?? []),
            [.int("axis", input.rank - shape.count), .float("epsilon", epsilon)])
        return answers(made, call)
    }

    /// Each group becomes one channel, is normalised, and gets its shape back.
    private static func group(_ call: OperatorCall, groups: Int) throws(TorchError) -> [ProgramValue] {
        call.ignore("cudnn_enabled")
        let input = try call.tensor("input")
        let size = try channels(input, call)
        guard groups > 0, size % groups == 0 else {
            throw call.refusal("divides \(size) channels into \(groups) groups")
        }
        let graph = call.graph
        let merged = try call.make("Reshape", names: [input.name, graph.list([0, groups, -1])])
        let epsilon = try call.number("eps", default: 1e-5)
        let normalised = try call.make(
            "InstanceNormalization",
            [merged, try constants(input, 1, groups, call), try constants(input, 0, groups, call)],
            [.float("epsilon", epsilon)])
        let known = input.sizes.dropFirst().compactMap(\.size)
        let shape: String
        if known.count == input.rank - 1 {
            shape = graph.list([0] + known)
        } else {
            shape = try call.make("Shape", [input]).name
        }
        var result = try call.make("Reshape", names: [normalised.name, shape])
        graph.refine(result, sizes: input.sizes)
        let wide = graph.list([size] + [Int](repeating: 1, count: input.rank - 2))
        if let weight = try call.optionalTensor("weight") {
            result = try call.make("Mul", [result, try call.make("Reshape", names: [weight.name, wide])])
        }
        if let bias = try call.optionalTensor("bias") {
            result = try call.make("Add", [result, try call.make("Reshape", names: [bias.name, wide])])
        }
        return answers(result, call)
    }

    private static func rootMeanSquare(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let input = try call.tensor("input")
        guard let shape = try call.ints("normalized_shape"), shape.count <= input.rank else {
            throw call.refusal("normalises over axes that are not there")
        }
        let epsilon = try call.number(
            "eps", default: input.type == .float64 ? 2.220446049250313e-16 : 1.1920928955078125e-07)
        let axes = Array((input.rank - shape.count)..<input.rank)
        let squares = try call.make("Mul", [input, input])
        let mean = try call.make("ReduceMean", [squares], [.ints("axes", axes), .int("keepdims", 1)])
        let sum = try call.make("Add", [mean, try call.graph.scalar(epsilon, input.type)])
        var result = try call.make("Div", [input, try call.make("Sqrt", [sum])])
        if let weight = try call.optionalTensor("weight") { result = try call.make("Mul", [result, weight]) }
        return answers(result, call)
    }
}
