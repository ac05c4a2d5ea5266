import ModelGraph
import Tensors

/// A window that moves over the axes between batch and channels: of convolutions and of pooling.
struct Window {
    enum Padding: String {
        case valid, same
        /// Only what came before.
        case causal
    }

    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var padding: Padding

    private static let largest = 1 << 16

    /// - Parameters:
    ///   - rank: axes between batch and channels.
    ///   - size: the option with the window's size.
    init(_ layer: LayerConfig, rank: Int, size: String) throws(KerasError) {
        kernel = try layer.integers(size, count: rank)
        strides = layer.optional("strides") == nil ? kernel : try layer.integers("strides", count: rank)
        dilations =
            layer.optional("dilation_rate") == nil
            ? [Int](repeating: 1, count: rank) : try layer.integers("dilation_rate", count: rank)
        guard (kernel + strides + dilations).allSatisfy({ $0 <= Self.largest }) else {
            throw layer.refusal("has a window of \(kernel), steps of \(strides); at most \(Self.largest) is accepted")
        }
        let word = try layer.text("padding", "valid").lowercased()
        guard let padding = Padding(rawValue: word), padding != .causal || rank == 1 else {
            throw layer.refusal("has the padding '\(LayerName.inert(word))'")
        }
        self.padding = padding
        let format = layer.optional("data_format")?.stringValue ?? "channels_last"
        guard format == "channels_last" else {
            throw layer.refusal("has the channels first (data_format), which is not carried")
        }
    }

    /// The window with its gaps.
    func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

    /// Sizes of what comes out, for sizes between batch and channels.
    func results(_ sizes: [Int?]) -> [Int?] {
        sizes.enumerated().map { axis, size in
            guard let size else { return nil }
            let room = padding == .valid ? size - reach(axis) + 1 : size
            return max(0, (room + strides[axis] - 1) / strides[axis])
        }
    }

    /// The attributes that say how the window moves.
    func attributes(_ sizes: [Int?], dilated: Bool = true) -> [Attribute] {
        var list = [
            Attribute("kernel_shape", .ints(kernel.map(Int64.init))),
            Attribute("strides", .ints(strides.map(Int64.init))),
        ]
        if dilated, dilations.contains(where: { $0 != 1 }) {
            list.append(Attribute("dilations", .ints(dilations.map(Int64.init))))
        }
        switch padding {
        case .valid: break
        case .causal: list.append(Attribute("pads", .ints([Int64(reach(0) - 1), 0])))
        case .same:
            guard let pads = pads(sizes) else { return list + [Attribute("auto_pad", .text("SAME_UPPER"))] }
            list.append(Attribute("pads", .ints(pads.map(Int64.init))))
        }
        return list
    }

    /// What is added before, then behind; the odd one behind, as TensorFlow has it. `nil` where a size is open.
    private func pads(_ sizes: [Int?]) -> [Int]? {
        var (before, behind): ([Int], [Int]) = ([], [])
        for (axis, size) in sizes.enumerated() {
            guard let size else { return nil }
            let count = (size + strides[axis] - 1) / strides[axis]
            let total = max(0, (count - 1) * strides[axis] + reach(axis) - size)
            before.append(total / 2)
            behind.append(total - total / 2)
        }
        return before + behind
    }
}
