import ModelGraph
import Pickle
import Tensors

/// Convolutions, forward and transposed, of one to three axes.
enum ConvolutionOperators {
    static let table: [String: OperatorRule] = [
        "conv1d": { try forward($0, axes: 1) }, "conv2d": { try forward($0, axes: 2) },
        "conv3d": { try forward($0, axes: 3) },
        "conv_transpose1d": { try transposed($0, axes: 1) }, "conv_transpose2d": { try transposed($0, axes: 2) },
        "conv_transpose3d": { try transposed($0, axes: 3) },
        "convolution": general, "_convolution": general,
    ]

    private static func forward(_ call: OperatorCall, axes: Int) throws(TorchError) -> [ProgramValue] {
        try write(call, axes: axes, transposed: false)
    }

    private static func transposed(_ call: OperatorCall, axes: Int) throws(TorchError) -> [ProgramValue] {
        try write(call, axes: axes, transposed: true)
    }

    private static func general(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("benchmark", "deterministic", "cudnn_enabled", "allow_tf32")
        let axes = try call.tensor("weight").rank - 2
        guard (1...3).contains(axes) else { throw call.refusal("has weights of rank \(axes + 2)") }
        let isTransposed = try call.bool("transposed")
        if !isTransposed { call.ignore("output_padding") }
        return try write(call, axes: axes, transposed: isTransposed)
    }

    private static func write(
        _ call: OperatorCall, axes: Int, transposed: Bool
    ) throws(TorchError) -> [ProgramValue] {
        var input = try call.tensor("input")
        let weight = try call.tensor("weight")
        let bias = try call.optionalTensor("bias")
        guard weight.rank == axes + 2, input.rank == axes + 2 || input.rank == axes + 1 else {
            throw call.refusal("is given rank \(input.rank) and weights of rank \(weight.rank)")
        }
        let isSingle = input.rank == axes + 1
        if isSingle { input = try call.make("Unsqueeze", names: [input.name, call.graph.list([0])]) }
        var attributes: [Attribute] = [
            .ints("strides", try call.ints("stride", count: axes, default: 1)),
            .ints("dilations", try call.ints("dilation", count: axes, default: 1)),
            .int("group", try call.int("groups", default: 1)),
        ]
        if let word = call.text("padding") {
            attributes += try named(word, call, weight, axes)
        } else {
            let padding = try call.ints("padding", count: axes, default: 0)
            attributes.append(.ints("pads", padding + padding))
        }
        if transposed {
            attributes.append(.ints("output_padding", try call.ints("output_padding", count: axes, default: 0)))
        }
        var result = try call.make(
            transposed ? "ConvTranspose" : "Conv", [input, weight] + (bias.map { [$0] } ?? []), attributes)
        if isSingle { result = try call.make("Squeeze", names: [result.name, call.graph.list([0])]) }
        return [.tensor(result)]
    }

    /// 'same' puts what does not divide evenly at the end.
    private static func named(
        _ word: String, _ call: OperatorCall, _ weight: ProgramTensor, _ axes: Int
    ) throws(TorchError) -> [Attribute] {
        if word == "valid" { return [] }
        guard word == "same" else { throw call.refusal("has the padding \(word.quotedName)") }
        let dilation = try call.ints("dilation", count: axes, default: 1)
        var (before, after): ([Int], [Int]) = ([], [])
        for axis in 0..<axes {
            guard let kernel = weight.sizes[axis + 2].size, kernel > 0 else {
                throw call.refusal("has weights of no size")
            }
            let (total, overflow) = dilation[axis].multipliedReportingOverflow(by: kernel - 1)
            guard !overflow, total >= 0 else { throw call.refusal("has a dilation of \(dilation[axis])") }
            before.append(total / 2)
            after.append(total - total / 2)
        }
        return [.ints("pads", before + after)]
    }
}
