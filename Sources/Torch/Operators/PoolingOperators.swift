import ModelGraph
import Tensors

/// Pooling.
enum PoolingOperators {
    static let table: [String: OperatorRule] = [
        "max_pool1d": { try largest($0, axes: 1) }, "max_pool2d": { try largest($0, axes: 2) },
        "max_pool3d": { try largest($0, axes: 3) },
        "max_pool2d_with_indices": { try largest($0, axes: 2) },
        "max_pool3d_with_indices": { try largest($0, axes: 3) },
        "avg_pool1d": { try mean($0, axes: 1) }, "avg_pool2d": { try mean($0, axes: 2) },
        "avg_pool3d": { try mean($0, axes: 3) },
        "adaptive_avg_pool1d": { try adaptive($0, axes: 1, "AveragePool", "GlobalAveragePool") },
        "adaptive_avg_pool2d": { try adaptive($0, axes: 2, "AveragePool", "GlobalAveragePool") },
        "_adaptive_avg_pool2d": { try adaptive($0, axes: 2, "AveragePool", "GlobalAveragePool") },
        "adaptive_avg_pool3d": { try adaptive($0, axes: 3, "AveragePool", "GlobalAveragePool") },
        "_adaptive_avg_pool3d": { try adaptive($0, axes: 3, "AveragePool", "GlobalAveragePool") },
        "adaptive_max_pool1d": { try adaptive($0, axes: 1, "MaxPool", "GlobalMaxPool") },
        "adaptive_max_pool2d": { try adaptive($0, axes: 2, "MaxPool", "GlobalMaxPool") },
        "adaptive_max_pool3d": { try adaptive($0, axes: 3, "MaxPool", "GlobalMaxPool") },
    ]

    /// Writes over a tensor that has an axis for the batch, also where the program gives one without.
    private static func batched(
        _ call: OperatorCall, axes: Int, _ body: (ProgramTensor) throws(TorchError) -> ProgramTensor
    ) throws(TorchError) -> [ProgramValue] {
        let input = try call.tensor()
        guard input.rank == axes + 2 || input.rank == axes + 1 else {
            throw call.refusal("is given rank \(input.rank)")
        }
        let result: ProgramTensor
        if input.rank == axes + 2 {
            result = try body(input)
        } else {
            let zero = call.graph.list([0])
            let wide = try body(try call.make("Unsqueeze", names: [input.name, zero]))
            result = try call.make("Squeeze", names: [wide.name, zero])
        }
        return [.tensor(result)]
            + (call.outputCount > 1 ? [ProgramValue.opaque("the places of the largest values")] : [])
    }

    private struct Window {
        var kernel: [Int]
        var stride: [Int]
        var padding: [Int]
    }

    private static func window(_ call: OperatorCall, _ axes: Int) throws(TorchError) -> Window {
        let kernel = try call.ints("kernel_size", count: axes, default: 0)
        guard kernel.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
            throw call.refusal("has a window of size \(kernel)")
        }
        var stride = kernel
        if try call.ints("stride") != nil { stride = try call.ints("stride", count: axes, default: 1) }
        let padding = try call.ints("padding", count: axes, default: 0)
        guard stride.allSatisfy({ (1...Int(Int32.max)).contains($0) }),
            zip(padding, kernel).allSatisfy({ $0 >= 0 && $0 <= $1 / 2 })
        else { throw call.refusal("has strides \(stride) and padding \(padding)") }
        return Window(kernel: kernel, stride: stride, padding: padding)
    }

    /// What must be added at the end so that windows which PyTorch rounds up to are whole: it leaves out one that would
    /// begin in the padding.
    private static func extra(
        _ input: ProgramTensor, _ window: Window, _ dilation: [Int], _ call: OperatorCall
    ) throws(TorchError) -> [Int] {
        guard try call.bool("ceil_mode") else { return window.kernel.map { _ in 0 } }
        var extra: [Int] = []
        for axis in window.kernel.indices {
            guard let size = input.sizes[axis + 2].size else {
                throw call.refusal("rounds up (ceil_mode) over an axis whose size is not known")
            }
            let (reach, overflow) = dilation[axis].multipliedReportingOverflow(by: window.kernel[axis] - 1)
            guard !overflow, reach >= 0, reach < 1 << 40, size < 1 << 40 else {
                throw call.refusal("has too large a window")
            }
            let (padding, stride) = (window.padding[axis], window.stride[axis])
            let room = size + 2 * padding - reach - 1
            guard room >= 0 else { throw call.refusal("has a window that is larger than its input") }
            var count = (room + stride - 1) / stride + 1
            if (count - 1) * stride >= size + padding { count -= 1 }
            extra.append(max(0, (count - 1) * stride - room))
        }
        return extra
    }

    private static func largest(_ call: OperatorCall, axes: Int) throws(TorchError) -> [ProgramValue] {
        try batched(call, axes: axes) { (input) throws(TorchError) in
            let window = try window(call, axes)
            let dilation = try call.ints("dilation", count: axes, default: 1)
            let extra = try extra(input, window, dilation, call)
            return try call.make(
                "MaxPool", [input],
                [
                    .ints("kernel_shape", window.kernel), .ints("strides", window.stride),
                    .ints("dilations", dilation),
                    .ints("pads", window.padding + zip(window.padding, extra).map { $0 + $1 }),
                ])
        }
    }

    private static func mean(_ call: OperatorCall, axes: Int) throws(TorchError) -> [ProgramValue] {
        try batched(call, axes: axes) { (input) throws(TorchError) in
            let window = try window(call, axes)
            let extra = try extra(input, window, window.kernel.map { _ in 1 }, call)
            guard extra.allSatisfy({ $0 == 0 }) else {
                throw call.refusal("rounds up (ceil_mode) to windows that are not whole")
            }
            let countsPadding = try call.bool("count_include_pad", default: true)
            var result = try call.make(
                "AveragePool", [input],
                [
                    .ints("kernel_shape", window.kernel), .ints("strides", window.stride),
                    .ints("pads", window.padding + window.padding), .int("count_include_pad", countsPadding ? 1 : 0),
                ])
            if call.has("divisor_override") {
                let divisor = try call.number("divisor_override")
                guard countsPadding || window.padding.allSatisfy({ $0 == 0 }), divisor != 0 else {
                    throw call.refusal("has a divisor of its own and does not count the padding")
                }
                let count = window.kernel.reduce(1.0) { $0 * Double($1) }
                result = try call.make("Mul", [result, try call.graph.scalar(count / divisor, result.type)])
            }
            return result
        }
    }

    /// The size of the result is given; windows are all alike where it divides the size that is there.
    private static func adaptive(
        _ call: OperatorCall, axes: Int, _ type: String, _ global: String
    ) throws(TorchError) -> [ProgramValue] {
        try batched(call, axes: axes) { (input) throws(TorchError) in
            guard case .list(let items)? = call.value("output_size") ?? .list([]), !items.isEmpty else {
                throw call.refusal("does not say which size it gives")
            }
            var wanted: [Int] = []
            for axis in 0..<axes {
                let item = items.count == 1 ? items[0] : axis < items.count ? items[axis] : .none
                guard let size = item.int ?? (item.isNone ? input.sizes[axis + 2].size : nil), size > 0 else {
                    throw call.refusal("gives a size that is not known")
                }
                wanted.append(size)
            }
            if wanted.allSatisfy({ $0 == 1 }) { return try call.make(global, [input]) }
            var kernel: [Int] = []
            for (axis, size) in wanted.enumerated() {
                guard let given = input.sizes[axis + 2].size, given > 0, given % size == 0 else {
                    throw call.refusal(
                        "gives \(size) values of \(input.sizes[axis + 2]), which windows of one size do not")
                }
                kernel.append(given / size)
            }
            return try call.make(type, [input], [.ints("kernel_shape", kernel), .ints("strides", kernel)])
        }
    }
}
